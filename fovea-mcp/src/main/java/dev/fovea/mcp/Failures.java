package dev.fovea.mcp;

import dev.fovea.core.QueueFullException;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.message.Printable;
import dev.fovea.core.text.TextException;
import dev.fovea.document.DocumentException;
import java.util.concurrent.CancellationException;

/** What a caller is told of a failure: what it did wrong, in a sentence, and nothing of what fails inside. */
final class Failures {
    private Failures() {}

    static String sentence(RuntimeException e) {
        if (e instanceof DocumentException document) {
            return ofDocument(document);
        }
        boolean told = e instanceof IllegalArgumentException
                || e instanceof PictureException
                || e instanceof TextException
                || e instanceof QueueFullException
                || e instanceof CancellationException;
        return told ? Printable.sentence(String.valueOf(e.getMessage())) : "The model failed on this request.";
    }

    private static String ofDocument(DocumentException e) {
        String said = Printable.sentence(String.valueOf(e.getMessage()));
        return switch (e.kind()) {
            case DOCUMENT, BUSY -> said;
            case PASSWORD -> said + " (the argument 'password')";
            case LIBRARY -> "This server draws no documents; give pictures.";
        };
    }
}
