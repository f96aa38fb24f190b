"""Files of reference data are read as strictly as the API reads what it is sent."""

from pathlib import Path

import pytest

from cli.changes import read_file
from cli.home import StackFailed


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", '{"x": 1, "x": 2}', "/x: This field is given twice"),
        ("a.json", '{"x": NaN}', "/x: This is no number"),
        ("a.json", '{"x": 1', "line 1"),
        ("a.toml", "x = inf", "/x: This is no number"),
        ("a.toml", "x = 10:00:00", "/x: A time of day alone"),
        ("a.toml", "x = [1 2]", "line 1"),
    ],
)
def test_what_no_value_can_be_is_told_with_its_place(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(content, "utf-8")
    with pytest.raises(StackFailed, match=said):
        read_file(file)


def test_days_and_numbers_of_a_file_are_read_as_they_are_sent(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("day = 2027-01-01\nx = 1.5\nlist = [{ a = true }]", "utf-8")
    assert read_file(file) == {"day": "2027-01-01", "x": 1.5, "list": [{"a": True}]}
