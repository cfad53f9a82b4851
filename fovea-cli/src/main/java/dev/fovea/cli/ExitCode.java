package dev.fovea.cli;

/** The exit codes of every command. They are part of the interface and do not change. */
public final class ExitCode {
    /** Done. */
    public static final int OK = 0;
    /** Something unforeseen; {@code --debug} shows where. */
    public static final int UNEXPECTED = 1;
    /** The command line is wrong: an unknown option, technique or knob, a budget out of range. */
    public static final int USAGE = 2;
    /** An input cannot be used: a missing or damaged picture, a question longer than the context. */
    public static final int INPUT = 3;
    /** The model's folder cannot be used: missing, damaged, or not what its configuration says. */
    public static final int MODEL = 4;
    /** An output cannot be written: no permission, no space, a place that is taken. */
    public static final int OUTPUT = 5;
    /** Stopped with Ctrl-C. */
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
