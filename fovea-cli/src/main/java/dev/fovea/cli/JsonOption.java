package dev.fovea.cli;

import picocli.CommandLine.Option;

/** {@code --json}, the same on every command. */
final class JsonOption {
    @Option(names = "--json", description = "Print one JSON value on standard output and nothing else there.")
    boolean json;
}
