package dev.fovea.cli;

import java.nio.file.Path;
import java.util.Map;

/**
 * What every command is given.
 *
 * @param terminal where it reads and writes
 * @param interruption whether it should stop
 * @param home folder of the installation, in which {@code models/peek} lies
 * @param environment variables that say where other tools keep their files
 */
public record Session(Terminal terminal, Interruption interruption, Path home, Map<String, String> environment) {
    public Session {
        environment = Map.copyOf(environment);
    }

    /** With nothing in the environment. */
    Session(Terminal terminal, Interruption interruption, Path home) {
        this(terminal, interruption, home, Map.of());
    }

    static Session ofProcess() {
        return new Session(
                Terminal.ofProcess(),
                Interruption.install(),
                Path.of(System.getProperty("fovea.home", "")),
                System.getenv());
    }
}
