"""Program: files of a person are changed by one line, and everything can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from aep_pulumi.errors import AepError
from aep_pulumi.importing.program import LINE, Files, Program

OWN = 'import aep_pulumi as aep\n\nschema = aep.Schema("own", title="Own")\n'


def project(folder: Path, *, main: str = "", program: str = OWN) -> Program:
    place = folder / main if main else folder
    place.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text("name: crm\nruntime:\n  name: python\n" + (f"main: {main}\n" if main else ""))
    (place / "__main__.py").write_text(program)
    return Program.of(folder)


def write(program: Program) -> Files:
    wanted = program.changed({"leads": "x = 1\n"}, {"dev": ["leads"]})
    files = Files.of(wanted)
    files.write()
    return files


@pytest.mark.parametrize("main", ["", "stacks"])
def test_a_program_gets_one_line_at_its_end(tmp_path: Path, main: str) -> None:
    program = project(tmp_path, main=main)
    write(program)
    assert program.entry.read_text() == f"{OWN}\n{LINE}\n"
    assert {path.name for path in program.package.glob("*.py")} == {"__init__.py", "settings.py", "leads.py"}
    assert program.modules() == {"dev": ["leads"]}


def test_later_modules_are_added_and_nothing_else_changes(tmp_path: Path) -> None:
    program = project(tmp_path)
    write(program)
    init, settings = program.package / "__init__.py", program.package / "settings.py"
    init.write_text(init.read_text() + "\n# ours\n")
    settings.write_text("# ours\n")
    wanted = program.changed({"orders": "y = 2\n"}, {"dev": ["orders"], "eu": []})
    assert set(wanted) == {program.package / "orders.py", init}
    Files.of(wanted).write()
    assert program.modules() == {"dev": ["leads", "orders"], "eu": []}
    assert init.read_text().endswith("# ours\n")


def test_undone_changes_leave_no_trace(tmp_path: Path) -> None:
    program = project(tmp_path)
    files = write(program)
    files.restore()
    assert program.entry.read_text() == OWN
    assert not program.package.exists()


def test_what_a_person_has_edited_since_is_not_undone(tmp_path: Path) -> None:
    program = project(tmp_path)
    files = write(program)
    program.entry.write_text(program.entry.read_text() + "print('ours')\n")
    (program.package / "leads.py").write_text("edited = True\n")
    files.restore()
    assert program.entry.read_text() == f"{OWN}\nprint('ours')\n"
    assert (program.package / "leads.py").read_text() == "edited = True\n"


def test_the_resources_of_the_code_are_found_by_their_names(tmp_path: Path) -> None:
    program = project(tmp_path)
    program.package.mkdir()
    (program.package / "leads.py").write_text('import aep_pulumi as aep\nflow = aep.Dataflow("leads")\naep.Dataset(name)\n')
    for other, text in (
        ("venv/x.py", 'aep.Schema("of a package")'),
        (".git/y.py", 'aep.Schema("hidden")'),
        ("old.py", "print 'two'"),
    ):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).write_text(text)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    found = {(each.kind, each.name): each.expression for each in program.declared()}
    assert found == {("Schema", "own"): "", ("Dataflow", "leads"): "leads.flow"}


def test_a_program_that_is_not_valid_python_is_an_error(tmp_path: Path) -> None:
    program = project(tmp_path, program="print 'two'\n")
    with pytest.raises(AepError, match="is not valid Python"):
        list(program.declared())


@pytest.mark.parametrize(
    ("yaml", "words"),
    [("name: x\nruntime: nodejs\n", "names no Python runtime"), ("name: x\nruntime: python\n", "does not exist")],
)
def test_a_project_without_a_python_program_is_an_error(tmp_path: Path, yaml: str, words: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(yaml)
    with pytest.raises(AepError, match=words):
        Program.of(tmp_path)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_stay_as_a_person_wrote_them(tmp_path: Path, start: bytes) -> None:
    program = project(tmp_path)
    own = start + OWN.replace("\n", "\r\n").encode()
    program.entry.write_bytes(own)
    program.entry.chmod(0o640)
    files = write(program)
    assert program.entry.read_bytes() == own + f"\r\n{LINE}\r\n".encode()
    assert program.entry.stat().st_mode & 0o777 == 0o640
    assert ("Schema", "own") in {(each.kind, each.name) for each in program.declared()}
    init = program.package / "__init__.py"
    init.write_bytes(init.read_bytes().replace(b"\n", b"\r\n"))
    Files.of(program.changed({"orders": "y = 2\n"}, {"dev": [f"orders_{number}" for number in range(20)]})).write()
    assert init.read_bytes().count(b"\n") == init.read_bytes().count(b"\r\n") > 20
    files.restore()
    assert program.entry.read_bytes() == own
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".partial")] == []


def test_links_are_written_through_and_not_followed_in_a_search(tmp_path: Path) -> None:
    program = project(tmp_path)
    kept = tmp_path / "kept.py"
    program.entry.rename(kept)
    program.entry.symlink_to(kept)
    (tmp_path / "again").symlink_to(tmp_path)
    write(program)
    assert program.entry.is_symlink()
    assert kept.read_text() == f"{OWN}\n{LINE}\n"
    assert len([each for each in program.declared() if each.name == "own"]) == 2  # the link and the file that it names


def test_a_file_that_is_edited_before_it_is_written_is_not_overwritten(tmp_path: Path) -> None:
    program = project(tmp_path)
    files = Files.of(program.changed({"leads": "x = 1\n"}, {"dev": ["leads"]}))
    edited = f"{OWN}print('ours')\n"
    program.entry.write_text(edited)
    with pytest.raises(AepError, match="was edited during the import: run the command again"):
        files.write()
    files.restore()
    assert program.entry.read_text() == edited
    assert not program.package.exists()
