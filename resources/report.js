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

  const images = count => count === 1 ? "1 image" : `${count} images`;

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
    const how = truth === predicted ? "recognized" : `taken for ${page.classes[predicted]}`;
    make("div", `labeled ${page.classes[truth]}, ${how} (${(100 * confidence).toFixed(1)}\u00a0%)`, box);
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

  function unchoose() {
    for (const other of document.querySelectorAll(".chosen")) other.classList.remove("chosen");
  }

  function lead() {  // to the images, where they are out of sight
    const title = element("cellTitle"), top = title.getBoundingClientRect().top;
    if (top < 0 || top > 0.6 * window.innerHeight) title.scrollIntoView();
  }

  function choose(cell) {
    const row = Number(cell.dataset.row), column = Number(cell.dataset.column), total = Number(cell.dataset.count);
    const samples = page.samples.filter(s => s[3] === row && s[2] === column);
    unchoose();
    for (const same of document.querySelectorAll(`[data-row="${row}"][data-column="${column}"]`))
      same.classList.add("chosen");
    const some = samples.length < total ? `, ${samples.length} of them here` : "";
    show(samples, row === column ? `${images(total)} of ${page.classes[row]}, recognized${some}`
         : `${images(total)} of ${page.classes[column]} taken for ${page.classes[row]}${some}`);
    lead();
  }

  document.addEventListener("click", event => {
    const cell = event.target.closest("[data-row]");
    if (cell) choose(cell);
  });
  document.addEventListener("keydown", event => {
    const cell = event.target.closest("[role=button][data-row]");
    if (cell && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      choose(cell);
    }
  });

  const wrong = element("wrong");
  if (wrong) wrong.addEventListener("click", () => {
    const samples = page.samples.filter(s => s[2] !== s[3]);
    unchoose();
    show(samples, samples.length < page.wrong ? `${images(page.wrong)} taken for another class, ${samples.length} of them here`
         : `${images(page.wrong)} taken for another class`);
    lead();
  });
  element("list").addEventListener("click", () => {
    unchoose();
    show([...marks.keys()].map(path => sampleOf.get(path)), "Marked labels");
    lead();
  });
  element("forget").addEventListener("click", () => {
    if (!confirm(marks.size === 1 ? "Forget the marked label?" : `Forget all ${marks.size} marked labels?`)) return;
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
