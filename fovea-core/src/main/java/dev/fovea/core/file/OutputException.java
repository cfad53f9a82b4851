package dev.fovea.core.file;

import dev.fovea.core.message.Printable;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;

/** Something cannot be written; the message is one sentence that names the place and the reason. */
public final class OutputException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What kept a place from being written. */
    public OutputException(Path target, IOException cause) {
        super(Printable.sentence(OutputFile.sentence(target, cause)), cause);
    }
}
