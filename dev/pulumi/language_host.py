"""Language host: the gRPC server through which the engine runs Python programs and policy packs.

Pulumi's own host is a Go program that the Go module proxy does not serve. This one answers the calls that programs
and policy packs need, in the same way: each program runs in a process of its own, through Pulumi's own runner
`pulumi-language-python-exec`, in the environment that `runtime.options.virtualenv` names.

It differs in two things: it installs no dependencies, and it reports no packages whose plugins the engine would have
to download (a dynamic resource has none).
"""
# ruff: noqa: N802 (gRPC finds each method under the name that the protocol gives it)

import argparse
import importlib.util
import json
import os
import selectors
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]


def only_the_protocol() -> None:
    """Let `pulumi.runtime.proto` be imported without the rest of the SDK, which is three quarters of this host's start."""
    sdk = importlib.util.find_spec("pulumi")
    if sdk is None or sdk.origin is None or "pulumi" in sys.modules:
        return
    for name, folder in (("pulumi", Path(sdk.origin).parent), ("pulumi.runtime", Path(sdk.origin).parent / "runtime")):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]


only_the_protocol()
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2  # noqa: E402 - after the line above

HERE = Path(__file__).resolve().parent
WATCHED = str(HERE / "watched.py")
RUNNER = str(HERE / "pulumi-language-python-exec")

CHUNK_BYTES = 64 * 1024

BIGGEST_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine and the SDK allow: a whole stack's config, or a large resource, in one message."""

CALLS_AT_ONCE = 64
"""A run and each policy pack occupy one thread for as long as they last; threads are made when needed."""

SAID_WHY = 32
"""Exit code with which the runner says that the user has already read what went wrong."""


class EnvironmentMissingError(Exception):
    """The virtual environment that Pulumi.yaml or PulumiPolicy.yaml names has no Python."""


def virtualenv_of(program: language_pb2.ProgramInfo) -> Path | None:
    """Return the environment that the project names for `program`, or None where it names none."""
    if "virtualenv" not in program.options or not program.options["virtualenv"]:
        return None
    virtualenv = Path(program.root_directory, str(program.options["virtualenv"]))
    if not os.access(virtualenv / "bin" / "python", os.X_OK):
        raise EnvironmentMissingError(
            f"the option virtualenv names {virtualenv}, which has no bin/python: create it, or correct the option"
        )
    return virtualenv


def python_in(virtualenv: Path | None) -> str:
    """Return the Python of an environment; without one, what Pulumi's own host takes."""
    if virtualenv is not None:
        return str(virtualenv / "bin" / "python")
    return shutil.which(os.environ.get("PULUMI_PYTHON_CMD", "python3")) or sys.executable


def activated(environment: Mapping[str, str], virtualenv: Path | None) -> dict[str, str]:
    """Return `environment` as it is after `activate` of `virtualenv`."""
    if virtualenv is None:
        return dict(environment)
    search = os.pathsep.join(filter(None, [str(virtualenv / "bin"), environment.get("PATH")]))
    kept = {name: value for name, value in environment.items() if name != "PYTHONHOME"}
    return kept | {"VIRTUAL_ENV": str(virtualenv), "PATH": search}


def start(
    program: language_pb2.ProgramInfo,
    command: Sequence[str],
    environment: Mapping[str, str],
    context: grpc.ServicerContext,
    *,
    folder: str | None = None,
    output: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` with the Python of `program`; it ends with this host, or when the engine gives the call up.

    Raises:
        EnvironmentMissingError: the project names an environment that is not there.
    """
    virtualenv = virtualenv_of(program)
    process = subprocess.Popen(
        [python_in(virtualenv), "-u", WATCHED, str(os.getpid()), *command],
        cwd=folder,
        env=activated(environment, virtualenv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # The engine ends this host by a signal to its whole group, and what the program would say to that is noise.
        start_new_session=True,
    )
    if not context.add_callback(process.kill):
        process.kill()
    return process


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine at `engine_address`, which also takes what programs log."""

    def __init__(self, engine_address: str) -> None:
        self.engine_address = engine_address

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Take the address of an engine that attaches to a host already running."""
        del context
        self.engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Say nothing: the host has no version of its own."""
        del request, context
        return plugin_pb2.PluginInfo()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Name the Python that runs the program."""
        try:
            python = python_in(virtualenv_of(request.info))
        except EnvironmentMissingError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        answer = subprocess.run([python, "--version"], check=True, capture_output=True, text=True)
        return language_pb2.AboutResponse(executable=python, version=answer.stdout.removeprefix("Python ").strip())

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Require none: dynamic resources come with the SDK."""
        del request, context
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Require none: dynamic resources come with the SDK."""
        del request, context
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """List none: the project's own lock file does."""
        del request, context
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Install nothing, and say so."""
        del request, context
        yield language_pb2.InstallDependenciesResponse(stdout=b"This language host installs nothing: use pip.\n")

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run the program to its end, in a process of its own: nothing it imports or sets outlives the run."""
        program = request.info
        flags = {
            "monitor": request.monitor_address,
            "engine": self.engine_address,
            "project": request.project,
            "root_directory": program.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        words = [f"--{name}={value}" for name, value in flags.items() if value]
        # Other users of the machine can read a command line: the config, with its secrets, is not in it.
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        try:
            run = start(program, [RUNNER, *words, program.entry_point, *request.args], os.environ | config, context)
        except EnvironmentMissingError as error:
            return language_pb2.RunResponse(error=str(error))
        exit_code = run.wait()
        if exit_code == SAID_WHY:
            return language_pb2.RunResponse(bail=True)
        if exit_code:
            return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {exit_code}")
        return language_pb2.RunResponse()

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack until the engine gives the call up, and pass on what it prints."""
        pack = request.info
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this host runs policy packs, and no plugin {request.kind}")
        environment = dict(variable.partition("=")[::2] for variable in request.env)
        command = ["-m", "pulumi.policy", *request.args, pack.program_directory]
        try:
            run = start(pack, command, environment, context, folder=pack.program_directory, output=subprocess.PIPE)
        except EnvironmentMissingError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        with run:
            yield from output_of(run)
        yield language_pb2.RunPluginResponse(exitcode=run.returncode)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Do nothing: the engine also cancels the calls in flight, and each ends its process."""
        del request, context
        return Empty()


def output_of(run: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """Yield what `run` prints, as soon as it prints it, until it has closed both streams."""
    with selectors.DefaultSelector() as streams:
        if run.stdout is not None and run.stderr is not None:
            streams.register(run.stdout, selectors.EVENT_READ, "stdout")
            streams.register(run.stderr, selectors.EVENT_READ, "stderr")
        while streams.get_map():
            for stream, _ in streams.select():
                chunk = os.read(stream.fd, CHUNK_BYTES)
                if not chunk:
                    streams.unregister(stream.fileobj)
                elif stream.data == "stdout":
                    yield language_pb2.RunPluginResponse(stdout=chunk)
                else:
                    yield language_pb2.RunPluginResponse(stderr=chunk)


def main() -> None:
    """Serve until the engine ends this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine_address", nargs="?", default="")
    known, _ = parser.parse_known_args()
    limits = ("grpc.max_receive_message_length", "grpc.max_send_message_length")
    options = [(limit, BIGGEST_MESSAGE_BYTES) for limit in limits]
    server = grpc.server(ThreadPoolExecutor(CALLS_AT_ONCE), options=options)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(known.engine_address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
