"""`poly strategy`: what it shows is what the engine would run, and it writes only where told."""

import json
from pathlib import Path

import pytest

from ops.__main__ import main

DEMO = """\
# A strategy for tests.
name = "late"
about = "the favourite, late"

[probability]
component = "market_mid"
version = 1

[entry]
component = "late_favourite"
version = 1          # the old one, on purpose
price_min = 0.8
price_max = 0.95
left_s_max = 300
left_s_min = 30

[sizing]
component = "fixed"
version = 1
amount_usd = 10

[exit]
component = "hold_to_resolution"
version = 1
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a strategy file whose entry has a newer version."""
    path = tmp_path / "late.toml"
    path.write_text(DEMO)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of `poly strategy ...`."""
    with pytest.raises(SystemExit) as ended:
        main(["strategy", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_check_prints_one_object(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", str(file), "--json")
    said = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert said["name"] == "late"
    assert said["newer"] == [
        {"kind": "entry", "component": "late_favourite", "version": 1, "newest": 2}
    ]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("price_min", "price_mim", ("price_mim", "price_min")),
        ("late_favourite", "late_favorite", ("late_favorite", "late_favourite")),
        ("price_min = 0.8", "price_min = 8", ("price_min", "8")),
        ('component = "market_mid"\nversion = 1', 'component = "market_mid"\nversion = 9', ("9",)),
        ("[exit]", "[exits]", ("exits", "exit")),
        ("left_s_max = 300\n", "", ("left_s_max",)),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    old: str, new: str, names: tuple[str, ...], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line names the file, the key as written, and what would be right."""
    file.write_text(file.read_text().replace(old, new))
    code, out, err = run(capsys, "check", str(file))
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert str(file) in err
    for name in names:
        assert name in err


@pytest.mark.parametrize("content", [b"\xff\x00\x80", b"name = [", b"x" * 300_000])
def test_what_is_no_strategy_is_refused(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no.toml"
    path.write_bytes(content)
    code, _, err = run(capsys, "check", str(path))
    assert code == 2
    assert err.count("\n") == 1
    assert "no.toml" in err


def test_a_missing_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "check", str(tmp_path / "none.toml"))
    assert (code, err.count("\n")) == (2, 1)
    assert "none.toml" in err


def test_upgrade_shows_without_writing(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_text()
    code, out, _ = run(capsys, "upgrade", str(file))
    assert code == 0
    assert file.read_text() == before
    assert "late_favourite: version 1 -> 2" in out
    assert "+version = 2          # the old one, on purpose" in out


def test_upgrade_writes_when_told_and_records_where_it_came_from(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Comments and order stay; afterwards there is nothing left to upgrade."""
    _, out, _ = run(capsys, "check", str(file), "--json")
    before = json.loads(out)["strategy_hash"]
    code, out, _ = run(capsys, "upgrade", str(file), "--write", "--json")
    said = json.loads(out)
    assert code == 0
    assert said["hash_before"] == before != said["hash_after"]
    assert file.read_text().startswith("# A strategy for tests.\n")
    _, out, _ = run(capsys, "check", str(file), "--json")
    assert json.loads(out)["parent"] == before
    assert json.loads(out)["newer"] == []


def test_upgrade_of_a_component_it_does_not_have_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "upgrade", str(file), "--component", "kelly")
    assert code == 2
    assert "kelly" in err


def test_fork_copies_under_a_new_name_with_its_parent(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "fork", str(file), "mine", "--json")
    child = json.loads(out)
    assert code == 0
    assert child["name"] == "mine"
    assert child["parent"] == child["strategy_hash"], "a fork that changed nothing decides the same"
    code, _, err = run(capsys, "fork", str(file), "mine")
    assert code == 2, "a fork never writes over a file"
    assert "mine.toml" in err


@pytest.mark.parametrize("name", ["No Good", "", "../up", 'a"\nabout = "b'])
def test_fork_refuses_a_bad_name(name: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = run(capsys, "fork", str(file), name)
    assert code == 2
    assert list(file.parent.iterdir()) == [file]


def test_lineage_is_a_tree(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fork of a fork stands two steps in."""
    run(capsys, "fork", str(file), "child")
    child = file.with_name("child.toml")
    child.write_text(child.read_text().replace("price_min = 0.8", "price_min = 0.81"))
    run(capsys, "fork", str(child), "grandchild")
    code, out, _ = run(capsys, "lineage", "--folder", str(file.parent))
    lines = out.splitlines()
    assert code == 0
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 4, 8]
    assert [line.split()[0] for line in lines] == ["late", "child", "grandchild"]


def test_lineage_names_a_parent_that_is_gone(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "upgrade", str(file), "--write")
    _, out, _ = run(capsys, "lineage", "--folder", str(file.parent))
    assert "no file of this folder any more" in out.splitlines()[0]
    assert out.splitlines()[1].startswith("    late ")


def test_list_of_components_shows_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "list", "--components")
    assert code == 0
    assert "entry late_favourite@1" in out
    assert "entry late_favourite@2" in out
    assert "required" in out


def test_an_empty_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "list", "--folder", str(tmp_path))
    assert code == 2
    assert str(tmp_path) in err
