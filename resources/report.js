"use strict";
(() => {
  const page = JSON.parse(document.getElementById("samples").textContent);
  const key = `dlgui-corrections:${page.project}:${page.run}:${page.written}`;
  const marks = new Map();  // path -> {proposed, comment}
  const element = id => document.getElementById(id);
  const sampleOf = new Map(page.samples.map(s => [s[0], s]));
  let shown = [];

  try {  // a reload keeps what was marked, where the browser lets a file keep anything
    for (const [path, mark] of JSON.parse(localStorage.getItem(key) || "[]"))
      if (sampleOf.has(path)) marks.set(path, mark);
  } catch (problem) { /* then it lives as long as the page */ }

  function changed() {
    element("basket").hidden = marks.size === 0;
    element("count").textContent = marks.size === 1 ? "1 label marked" : `${marks.size} labels marked`;
    try { localStorage.setItem(key, JSON.stringify([...marks])); } catch (problem) { /* as above */ }
  }

  function make(tag, text, parent) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  }

  function card(sample) {
    const [path, , truth, predicted, confidence, picture] = sample;
    const box = document.createElement("div");
    box.className = "sample";
    box.dataset.path = path;
    const image = make("img", "", box);
    image.src = picture;
    image.alt = path;
    make("div", path, box).className = "soft";
    make("div", `labeled ${page.classes[truth]}, taken for ${page.classes[predicted]} (${(100 * confidence).toFixed(1)} %)`, box);
    const choice = make("select", "", box);
    choice.setAttribute("aria-label", `right class of ${path}`);
    const comment = make("input", "", box);
    comment.placeholder = "comment";
    comment.maxLength = 2000;
    comment.setAttribute("aria-label", `comment on ${path}`);
    for (const [value, text] of [["keep", "label is right"], ["none", "no class fits"],
                                 ...page.choices.map((name, i) => [String(i), name])]) {
      if (value !== String(page.choices.indexOf(page.classes[truth]))) make("option", text, choice).value = value;
    }
    const mark = marks.get(path);
    if (mark) {
      choice.value = mark.proposed === null ? "none" : String(page.choices.indexOf(mark.proposed));
      comment.value = mark.comment;
    }
    const update = () => {
      const wrong = choice.value !== "keep";
      comment.hidden = !wrong;
      box.classList.toggle("marked", wrong);
      if (wrong) marks.set(path, {proposed: choice.value === "none" ? null : page.choices[Number(choice.value)],
                                  comment: comment.value});
      else marks.delete(path);
      changed();
    };
    choice.addEventListener("change", update);
    comment.addEventListener("input", update);
    comment.hidden = !mark;
    box.classList.toggle("marked", Boolean(mark));
    return box;
  }

  function show(samples, title) {
    shown = samples;
    element("cellTitle").textContent = title;
    element("images").replaceChildren(...samples.map(card));
  }

  function choose(cell) {
    const row = Number(cell.dataset.row), column = Number(cell.dataset.column);
    const samples = page.samples.filter(s => s[3] === row && s[2] === column);
    const total = Number(cell.closest("tbody").rows[row].cells[column + 1].getAttribute("aria-label").split(" ")[0]);
    for (const other of document.querySelectorAll(".matrix .chosen")) other.classList.remove("chosen");
    for (const same of document.querySelectorAll(`.matrix [data-row="${row}"][data-column="${column}"]`))
      same.classList.add("chosen");
    const some = samples.length < total ? `, ${samples.length} of them here` : "";
    show(samples, row === column ? `${total} images of ${page.classes[row]}, recognized${some}`
         : `${total} images of ${page.classes[column]} taken for ${page.classes[row]}${some}`);
  }

  for (const matrix of document.querySelectorAll(".matrix")) {
    matrix.addEventListener("click", event => {
      const cell = event.target.closest("td[data-row]");
      if (cell) choose(cell);
    });
    matrix.addEventListener("keydown", event => {
      const cell = event.target.closest("td[data-row]");
      if (cell && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        choose(cell);
      }
    });
  }

  element("list").addEventListener("click", () =>
    show([...marks.keys()].map(path => sampleOf.get(path)), "Marked labels"));
  element("forget").addEventListener("click", () => {
    marks.clear();
    changed();
    show(shown, element("cellTitle").textContent);
  });
  element("save").addEventListener("click", () => {
    const corrections = [...marks].map(([path, mark]) => ({
      path, content_hash: sampleOf.get(path)[1], given: page.classes[sampleOf.get(path)[2]],
      proposed: mark.proposed, comment: mark.comment}));
    const text = JSON.stringify({format: "dlgui-corrections", version: 1, project: page.project, run: page.run,
                                 report: page.written, saved: new Date().toISOString(), corrections}, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "application/json"}));
    link.download = "corrections.json";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  changed();
})();
