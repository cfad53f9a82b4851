package dev.fovea.cli;

import java.nio.file.Path;

/**
 * What every command is given.
 *
 * @param terminal where it reads and writes
 * @param interruption whether it should stop
 * @param home folder of the installation, in which {@code models/peek} lies
 */
public record Session(Terminal terminal, Interruption interruption, Path home) {

    static Session ofProcess() {
        return new Session(Terminal.ofProcess(), Interruption.install(), Path.of(System.getProperty("fovea.home", "")));
    }
}
