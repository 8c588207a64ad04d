"""The "DL Classification" operators and procedures by their old names.

A script written for the vendor's Python binding runs with its import line changed to `import dlgui.halcon as ha`.
"""

from dlgui.halcon.errors import HError, HOperatorError
from dlgui.halcon.handles import HHandle
from dlgui.halcon.iconic import (
    HObject,
    concat_obj,
    count_obj,
    gen_empty_obj,
    himage_as_numpy_array,
    himage_from_numpy_array,
    read_image,
    select_obj,
    write_object,
)
from dlgui.halcon.operators import (
    apply_dl_classifier,
    clear_dl_classifier,
    clear_dl_classifier_result,
    clear_dl_classifier_train_result,
    close_file,
    deserialize_dl_classifier,
    fread_serialized_item,
    fwrite_serialized_item,
    get_dl_classifier_param,
    get_dl_classifier_param_s,
    get_dl_classifier_result,
    get_dl_classifier_result_s,
    get_dl_classifier_train_result,
    get_dl_classifier_train_result_s,
    open_file,
    read_dl_classifier,
    serialize_dl_classifier,
    set_dl_classifier_param,
    train_dl_classifier_batch,
    write_dl_classifier,
)
from dlgui.halcon.procedures.data import (
    augment_images,
    preprocess_dl_classifier_images,
    read_dl_classifier_data_set,
    select_percentage_dl_classifier_data,
    split_dl_classifier_data_set,
)
from dlgui.halcon.procedures.evaluation import (
    apply_dl_classifier_batchwise,
    evaluate_dl_classifier,
    get_dl_classifier_image_results,
)
from dlgui.halcon.procedures.plots import (
    dev_display_dl_classifier_heatmap,
    gen_confusion_matrix,
    gen_interactive_confusion_matrix,
    plot_dl_classifier_training_progress,
)
from dlgui.halcon.procedures.training import fine_tune_dl_classifier, fit_dl_classifier_quick
from dlgui.halcon.system import get_system, set_system
from dlgui.halcon.window import close_window, dump_window, dump_window_image, open_window

__all__ = [
    "HError", "HHandle", "HObject", "HOperatorError", "apply_dl_classifier", "apply_dl_classifier_batchwise",
    "augment_images", "clear_dl_classifier", "clear_dl_classifier_result", "clear_dl_classifier_train_result",
    "close_file", "close_window", "concat_obj", "count_obj", "deserialize_dl_classifier",
    "dev_display_dl_classifier_heatmap", "dump_window", "dump_window_image", "evaluate_dl_classifier",
    "fine_tune_dl_classifier", "fit_dl_classifier_quick", "fread_serialized_item", "fwrite_serialized_item",
    "gen_confusion_matrix", "gen_empty_obj", "gen_interactive_confusion_matrix", "get_dl_classifier_image_results",
    "get_dl_classifier_param", "get_dl_classifier_param_s", "get_dl_classifier_result", "get_dl_classifier_result_s",
    "get_dl_classifier_train_result", "get_dl_classifier_train_result_s", "get_system", "himage_as_numpy_array",
    "himage_from_numpy_array", "open_file", "open_window", "plot_dl_classifier_training_progress",
    "preprocess_dl_classifier_images", "read_dl_classifier", "read_dl_classifier_data_set", "read_image", "select_obj",
    "select_percentage_dl_classifier_data", "serialize_dl_classifier", "set_dl_classifier_param", "set_system",
    "split_dl_classifier_data_set", "train_dl_classifier_batch", "write_dl_classifier", "write_object",
]
