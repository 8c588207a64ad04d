"""Event files for TensorBoard, read by another library."""

import struct

import numpy as np
import pytest

from dlgui.engine import event_file


def events_of(content):
    """Every event of a file, its checksums compared."""
    from tensorboardX.crc32c import crc32c
    from tensorboardX.proto.event_pb2 import Event

    def checked(data, after):
        crc = crc32c(data)
        assert struct.unpack_from("<I", content, after)[0] == ((crc >> 15 | crc << 17) + 0xA282EAD8) % (1 << 32)

    found, at = [], 0
    while at < len(content):
        length = struct.unpack_from("<Q", content, at)[0]
        checked(content[at:at + 8], at + 8)
        data = content[at + 12:at + 12 + length]
        checked(data, at + 12 + length)
        found.append(Event.FromString(data))
        at += 16 + length
    return found


def test_curves_and_texts_are_read_as_they_were_written():
    steps = np.array([0, 1, 127, 128, 16383, 16384, 5, (1 << 35) + 3, 2_000_000])
    values = np.linspace(-1, 1, len(steps))
    values[2] = np.nan
    moments = 1.7e9 + np.arange(len(steps)) / 8
    first, text, *scalars = events_of(
        event_file.version(1.7e9) + event_file.text("parameters/text_summary", "größe: 3\n" * 40, 1.7e9)
        + b"".join(event_file.scalars("batch/loss", moments, steps, values)))
    assert (first.file_version, first.wall_time) == ("brain.Event:2", 1.7e9)
    value = text.summary.value[0]
    assert (value.tag, value.metadata.plugin_data.plugin_name) == ("parameters/text_summary", "text")
    assert value.tensor.string_val[0].decode() == "größe: 3\n" * 40
    assert {event.summary.value[0].tag for event in scalars} == {"batch/loss"}
    assert [event.step for event in scalars] == steps.tolist()
    assert [event.wall_time for event in scalars] == moments.tolist()
    assert [event.summary.value[0].simple_value for event in scalars] == pytest.approx(values, nan_ok=True)


def test_a_long_curve_is_whole_and_in_order():
    count = 2 * event_file.CHUNK + 5
    found = events_of(b"".join(event_file.scalars("a", 3.0, np.arange(count), np.arange(count))))
    assert [event.step for event in found] == list(range(count))
    assert [event.summary.value[0].simple_value for event in found] == list(range(count))
    assert {event.wall_time for event in found} == {3.0}
    assert not list(event_file.scalars("a", 3.0, np.arange(0), np.arange(0)))
