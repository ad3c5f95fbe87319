"""Language host: the gRPC server through which the engine runs Python programs and policy packs.

Pulumi's own host is a Go program that the Go module proxy does not serve. This one implements the calls that programs
and policy packs need, in the same way: each program runs in its own process, through Pulumi's runner
`pulumi-language-python-exec`, in the environment that `runtime.options.virtualenv` specifies.

It differs in two ways: it does not install dependencies, and it does not report packages whose plugins the engine would
download (dynamic resources have none).
"""
# ruff: noqa: N802 (gRPC requires the method names of the protocol)

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
    """Allow importing `pulumi.runtime.proto` without the rest of the SDK, which is three quarters of the startup time."""
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
"""The limit of the engine and the SDK: a whole stack's configuration, or a large resource, in one message."""

CALLS_AT_ONCE = 64
"""A run and each policy pack occupy one thread while they run; threads are created on demand."""

ERROR_ALREADY_SHOWN = 32
"""The runner's exit code if the error has already been shown to the user."""


class EnvironmentMissingError(Exception):
    """The virtual environment that Pulumi.yaml or PulumiPolicy.yaml specifies has no Python."""


def virtualenv_of(program: language_pb2.ProgramInfo) -> Path | None:
    """Return the virtual environment of `program`, or None if the project does not specify one."""
    if "virtualenv" not in program.options or not program.options["virtualenv"]:
        return None
    virtualenv = Path(program.root_directory, str(program.options["virtualenv"]))
    if not os.access(virtualenv / "bin" / "python", os.X_OK):
        raise EnvironmentMissingError(
            f"the option virtualenv is {virtualenv}, which has no bin/python: create it, or correct the option"
        )
    return virtualenv


def python_in(virtualenv: Path | None) -> str:
    """Return the Python of an environment; without one, the Python that Pulumi's own host would use."""
    if virtualenv is not None:
        return str(virtualenv / "bin" / "python")
    return shutil.which(os.environ.get("PULUMI_PYTHON_CMD", "python3")) or sys.executable


def activated(environment: Mapping[str, str], virtualenv: Path | None) -> dict[str, str]:
    """Return `environment` with `virtualenv` activated."""
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
    """Start `command` with the Python of `program`. It ends with this host, or when the engine cancels the call.

    Raises:
        EnvironmentMissingError: the virtual environment that the project specifies does not exist.
    """
    virtualenv = virtualenv_of(program)
    process = subprocess.Popen(
        [python_in(virtualenv), "-u", WATCHED, str(os.getpid()), *command],
        cwd=folder,
        env=activated(environment, virtualenv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        # The engine stops this host by a signal to its process group; in the same group the program would print a traceback.
        start_new_session=True,
    )
    if not context.add_callback(process.kill):
        process.kill()
    return process


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Serves the engine at `engine_address`, which also receives the logs of programs."""

    def __init__(self, engine_address: str) -> None:
        self.engine_address = engine_address

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language_pb2.LanguageHandshakeResponse:
        """Store the address of an engine that attaches to a running host."""
        del context
        self.engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return empty information: the host has no version."""
        del request, context
        return plugin_pb2.PluginInfo()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> language_pb2.AboutResponse:
        """Return the Python that runs the program."""
        try:
            python = python_in(virtualenv_of(request.info))
        except EnvironmentMissingError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        ended = subprocess.run([python, "--version"], check=True, capture_output=True, text=True)
        return language_pb2.AboutResponse(executable=python, version=ended.stdout.removeprefix("Python ").strip())

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPackagesResponse:
        """Return none: dynamic resources are part of the SDK."""
        del request, context
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetRequiredPluginsResponse:
        """Return none: dynamic resources are part of the SDK."""
        del request, context
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language_pb2.GetProgramDependenciesResponse:
        """Return none: the project has a lock file."""
        del request, context
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Install nothing, and print a message about it."""
        del request, context
        yield language_pb2.InstallDependenciesResponse(stdout=b"This language host does not install dependencies: use pip.\n")

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:
        """Run the program to its end in its own process, so that imports and global state do not outlive the run."""
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
        arguments = [f"--{name}={value}" for name, value in flags.items() if value]
        # The configuration contains secrets, and other users of the machine can read command lines: pass it by environment.
        config = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        try:
            run = start(program, [RUNNER, *arguments, program.entry_point, *request.args], os.environ | config, context)
        except EnvironmentMissingError as error:
            return language_pb2.RunResponse(error=str(error))
        exit_code = run.wait()
        if exit_code == ERROR_ALREADY_SHOWN:
            return language_pb2.RunResponse(bail=True)
        if exit_code:
            return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {exit_code}")
        return language_pb2.RunResponse()

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a policy pack until the engine cancels the call, and forward its output."""
        pack = request.info
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this host runs policy packs only, not plugins of kind {request.kind}")
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
    """Yield the output of `run` as it is printed, until both streams are closed."""
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
