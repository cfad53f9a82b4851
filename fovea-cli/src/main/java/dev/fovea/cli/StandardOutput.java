package dev.fovea.cli;

import dev.fovea.core.file.Reasons;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that remembers whether it could be written: print streams say nothing, and a result that is missing
 * must not look like success.
 */
final class StandardOutput extends OutputStream {
    /** What Linux and macOS, and Windows, say of a pipe whose reader is gone. */
    private static final Pattern READER_LEFT =
            Pattern.compile("(?i)broken pipe|pipe is being closed|pipe has been ended");

    private final OutputStream stream;
    private volatile @Nullable IOException failure;

    StandardOutput(OutputStream stream) {
        this.stream = stream;
    }

    static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out));
    }

    /**
     * The exit code of a command that ended with {@code code}: a failure if its result was lost, which is then said. A
     * reader that has seen enough ({@code | head}) is none.
     */
    int outcome(int code, PrintStream err) {
        IOException e = failure;
        if (code != ExitCode.OK
                || e == null
                || READER_LEFT.matcher(String.valueOf(e.getMessage())).find()) {
            return code;
        }
        err.println("fovea: standard output cannot be written: " + Reasons.of(e));
        return ExitCode.OUTPUT;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        try {
            stream.write(bytes, offset, count);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void flush() throws IOException {
        stream.flush();
    }
}
