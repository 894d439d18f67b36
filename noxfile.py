"""Sessions: `nox` runs what a contributor must pass; `nox -l` lists the rest."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["tests-and-typing", "lint", "core_alone", "vendor-sdks"]
nox.options.reuse_existing_virtualenvs = True
# Python compiles what is imported, once. Most of what pip installs never is, and it would compile
# all of that.
os.environ["PIP_COMPILE"] = "0"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
PLUGINS = tuple(
    sorted(f"plugins/{path.parent.name}" for path in ROOT.glob("plugins/*/pyproject.toml"))
)
EXTRAS = {
    "plugins/batch": "[redis]",
    "plugins/extensions": "[metrics]",
    "plugins/report": "[indicators]",
    "plugins/testing": "[kit]",
}
VENDORS = tuple(
    plugin
    for plugin in PLUGINS
    if (ROOT / plugin / f"tryon_{Path(plugin).name}" / "emulator").is_dir()
)
SPHINX = (
    "sphinx-build",
    "--jobs=auto",
    "--fail-on-warning",
    "--keep-going",
    "--fresh-env",
    "--quiet",
)
OF_THE_CORE = [
    *(f"tests/{name}" for name in ("cli", "codec", "extensions", "images", "models", "transport")),
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/test_*.py")),
]
"""The tests that measure the coverage of the core."""
MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of its own is made in it)
NEEDED_BYTES = 1 << 30
WHEELS = ROOT / ".nox" / "wheels"
_BUILT: dict[str, str] = {}
SOURCES = ("tryon_core", *(f"{path}/tryon_{Path(path).name}" for path in PLUGINS))


def _group(name: str) -> tuple[str, ...]:
    return tuple(nox.project.dependency_groups(PROJECT, name))


def _everything() -> list[str]:
    return [".[cli]", *(f"./{plugin}{EXTRAS.get(plugin, '')}" for plugin in PLUGINS)]


def _wheels(session: nox.Session, projects: Iterable[str]) -> list[str]:
    """Return the wheels of projects with their extras; all are built once in a run of nox.

    One environment builds them all; an environment for each takes a minute of a processor.
    """
    folder, builder = WHEELS, WHEELS.with_name("builder")
    if not _BUILT:
        shutil.rmtree(folder, ignore_errors=True)
        if not builder.is_dir():
            create = (sys.executable, "-m", "virtualenv", "-q", str(builder))
            session.run_install(*create, external=True)
        pip = [str(_commands(builder) / "python"), "-m", "pip", "-q"]
        requires = PROJECT["build-system"]["requires"]
        session.run_install(*pip, "install", *requires, external=True)
        options = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder))
        projects_here = (".", *(f"./{path}" for path in PLUGINS))
        session.run_install(*pip, "wheel", *options, *projects_here, external=True)
        _BUILT.update({path.name.partition("-")[0]: str(path) for path in folder.glob("*.whl")})
    found = []
    for project in projects:
        path, bracket, extras = project.partition("[")
        name = "core" if path == "." else Path(path).name
        found.append(f"{_BUILT[f'tryon_{name}']}{bracket}{extras}")
    return found


def _commands(environment: Path) -> Path:
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


def _install(session: nox.Session, *groups: str) -> None:
    """Install wheels, not the checkout: a missing file in a wheel must show here."""
    with ThreadPoolExecutor() as pool:
        names = [name for group in groups for name in _group(group)]
        others = pool.submit(session.install, *names) if names else None
        wheels = _wheels(session, _everything())
    if others is not None:
        others.result()
    # pip takes a wheel of the same version for installed; what it is given once more has changed.
    session.install("--force-reinstall", "--no-deps", *(path.partition("[")[0] for path in wheels))
    session.install(*wheels)


@contextmanager
def _folder_of_tests() -> Iterator[dict[str, str]]:
    """Have tests write to memory where there is room: each commit waits 20 ms for a disk."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < NEEDED_BYTES:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="tryon-", dir=MEMORY) as folder:
        yield {"TMPDIR": folder}


def _run_tests(session: nox.Session) -> None:
    # One more than there are cores: some tests wait for a child process or for a vendor's clock.
    workers = [] if "-n" in session.posargs else ["-n", str((os.cpu_count() or 2) + 1)]
    with _folder_of_tests() as env:
        if session.posargs:
            session.run("pytest", *workers, *session.posargs, env=env)
            return
        # Coverage takes half as much time again, and only the core's own tests are to cover it.
        session.run("coverage", "erase")
        session.run("pytest", *workers, "--cov", "--cov-report=", *OF_THE_CORE, env=env)
        session.run("coverage", "report", "--fail-under=95")
        session.run("pytest", *workers, *(f"--ignore={path}" for path in OF_THE_CORE), env=env)


def _build_site(session: nox.Session) -> None:
    session.run(*SPHINX, "-b", "html", "docs", "docs/_build/html")
    session.run("python", "tests/scripts/site_alone.py", "docs/_build/html")


@nox.session(name="tests-and-typing")
def tests_and_typing(session: nox.Session) -> None:
    """Do what `tests` and `typing` do, in one environment: to fill another one takes a minute."""
    _install(session, "test", "typing")
    _run_tests(session)
    # Each of them uses one processor most of the time.
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(check, session) for check in (_check_types, _build_site)]
    for check in running:
        check.result()


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests in parallel, offline, with coverage of the core."""
    _install(session, "test")
    _run_tests(session)


@nox.session(python=PYTHONS)
def compat(session: nox.Session) -> None:
    """Run all tests on every supported Python that this machine has."""
    _install(session, "test")
    _run_tests(session)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest versions of all that the distributions say they need."""
    session.install("uv")
    uv = ["uv", "pip", "install", "--resolution", "lowest-direct"]
    session.run(*uv, *_everything(), *_group("test"), external=True)
    with _folder_of_tests() as env:
        session.run("pytest", "-n", str(os.cpu_count() or 2), *session.posargs, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the direction of imports."""
    session.install(*_group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    # It reads the sources and imports none, so that nothing of theirs has to be installed.
    session.run("lint-imports", env={"PYTHONPATH": os.pathsep.join((".", *PLUGINS))})


def _check_types(session: nox.Session) -> None:
    pages = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.py"))
    session.run("mypy", *SOURCES, "tests/typing", "noxfile.py", *pages)
    session.run("pyright", "tests/typing")
    session.run("python", "tests/scripts/public_types.py")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, strictly, and build the site, which needs the same environment."""
    _install(session, "typing")
    _check_types(session)
    session.run("pytest", "-q", "-k", "type_checker", "tests/docs")
    _build_site(session)


@nox.session(reuse_venv=False)
def core_alone(session: nox.Session) -> None:
    """Install the core alone, with one plugin, with its commands: nothing else is needed."""
    plugins = ("./plugins/doctor", "./plugins/pixelcut", "./plugins/testing")
    core, doctor, pixelcut, testing = _wheels(session, (".", *plugins))
    session.install(core)
    session.run("python", "-I", str(ROOT / "tests" / "scripts" / "core_alone.py"))
    session.install(pixelcut)
    session.run("python", "-I", str(ROOT / "tests" / "scripts" / "one_plugin.py"))
    session.run("python", "-m", "pip", "uninstall", "--yes", "tryon-pixelcut", silent=True)
    session.install(f"{core}[cli]", doctor)
    session.run("python", "-m", "pip", "uninstall", "--yes", "tryon-doctor", silent=True)
    session.run("python", "-I", str(ROOT / "tests" / "scripts" / "core_commands.py"))
    session.install(testing, f"{pixelcut}[emulator]")
    session.run("python", "-I", str(ROOT / "tests" / "scripts" / "emulator_alone.py"))


@nox.session(name="new-provider")
def new_provider(session: nox.Session) -> None:
    """Write a provider of each kind, install it, and run its tests, types and style."""
    session.install(*PROJECT["build-system"]["requires"], "editables", "mypy", "ruff")
    session.install("--no-build-isolation", ".[cli]", "./plugins/doctor", "./plugins/testing[kit]")
    session.run("python", "tests/scripts/new_providers.py")


@nox.session(name="vendor-sdks")
def vendor_sdks(session: nox.Session) -> None:
    """Let the vendors' own clients, in an environment without ours, use the emulators."""
    ours = Path(session.create_tmp()) / "tryon"
    commands = _commands(ours)
    plugins = ["./plugins/doctor", "./plugins/testing"]
    plugins += [f"./{plugin}[emulator]" for plugin in PLUGINS if plugin in VENDORS]
    wheels = _wheels(session, (".[cli]", *plugins))
    with ThreadPoolExecutor() as pool:
        of_vendors = pool.submit(session.install, *_group("vendor-sdks"))
        session.run_install(
            sys.executable, "-m", "virtualenv", "-q", "--clear", str(ours), external=True
        )
        pip = [str(commands / "python"), "-m", "pip", "install", "--quiet"]
        session.run_install(*pip, *wheels, external=True)
    of_vendors.result()
    options = ["-c", "tests/vendor_sdks/pytest.ini", *(session.posargs or ["tests/vendor_sdks"])]
    env = {"TRYON_BIN": str(commands), "NO_PROXY": "127.0.0.1"}
    session.run("pytest", *options, env=env)


@nox.session
def peers(session: nox.Session) -> None:
    """Let the vendors' own clients and opentryon meet the faults that tryon meets, and compare."""
    session.install(*_group("peers"))
    ours = Path(session.create_tmp()) / "tryon"
    session.run(sys.executable, "-m", "virtualenv", "-q", "--clear", str(ours), external=True)
    commands = ours / ("Scripts" if sys.platform == "win32" else "bin")
    plugins = ["./plugins/doctor", "./plugins/testing", "./plugins/fashn[emulator]"]
    plugins += [
        "./plugins/fal[emulator]",
        "./plugins/replicate[emulator]",
        "./plugins/dashscope[emulator]",
    ]
    pip = [str(commands / "python"), "-m", "pip", "install", "--quiet"]
    session.run(*pip, ".[cli]", *plugins, external=True)
    python = str(Path(session.bin) / "python")
    session.run("python", "tests/peers/measure.py", str(commands), python, *session.posargs)
    session.run("python", "tests/peers/table.py")


@nox.session
def record(session: nox.Session) -> None:
    """Record cassettes anew: `-- ID --emulator`, or of the vendor, which costs money."""
    _install(session, "test")
    session.run("python", "tests/scripts/record.py", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Plant mistakes in copies of our plugins, and see whether the kit catches nine tenths."""
    _install(session, "test")
    session.run("python", "tests/scripts/mutation.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, and print the tables of docs/reference/benchmarks.md."""
    _install(session, "bench")
    files = "python_files=bench_*.py"
    session.run("pytest", "-q", "-o", files, *(session.posargs or ["tests/benchmarks"]))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html: `-- linkcheck` asks other sites' addresses as well."""
    _install(session, "docs")
    _build_site(session)
    for builder in session.posargs:
        session.run(*SPHINX, "-b", builder, "docs", f"docs/_build/{builder}")


@nox.session
def demo(session: nox.Session) -> None:
    """Draw people and garments and dress the ones in the others."""
    _install(session)
    session.run("tryon", "demo", "--force", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build every wheel and source archive into dist/, look into each, and install each alone."""
    session.install("build", "twine", "virtualenv", *PROJECT["build-system"]["requires"])
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for project in (".", *PLUGINS):
        session.run("python", "-m", "build", "-q", "--no-isolation", project, "--outdir", "dist")
    session.run("python", "tests/scripts/check_dist.py", "dist")
    files = [str(path) for path in sorted((ROOT / "dist").iterdir())]
    session.run("twine", "check", "--strict", *files)
    alone = Path(session.create_tmp()) / "alone"
    commands = alone / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(commands / "python")
    for wheel in sorted((ROOT / "dist").glob("*.whl")):
        session.run("virtualenv", "--quiet", "--clear", str(alone))
        pip = [python, "-m", "pip", "install", "--quiet", "--find-links", "dist"]
        session.run(*pip, str(wheel), external=True)
        script = str(ROOT / "tests" / "scripts" / "installed_alone.py")
        session.run(python, "-I", script, wheel.name.partition("-")[0], external=True)


@nox.session
def changelog(session: nox.Session) -> None:
    """Show what the next release brings; with a version as argument, write it to CHANGELOG.md."""
    session.install("towncrier>=24.8")
    draft = ["--draft", "--version", PROJECT["project"]["version"]]
    version = ["--yes", "--version", *session.posargs] if session.posargs else draft
    session.run("towncrier", "build", *version)
