package dev.fovea.langchain4j;

import dev.fovea.core.QueueFullException;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.text.TextException;
import dev.fovea.document.DocumentException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.concurrent.CancellationException;

/** Failures as LangChain4j's exceptions, by which programs tell what may be tried again. Sentences stay as they are. */
final class Failures {
    private Failures() {}

    static RuntimeException of(RuntimeException e) {
        return switch (e) {
            case LangChain4jException known -> known;
            case CancellationException given -> given;
            case QueueFullException full -> new RateLimitException(e.getMessage(), e);
            case IllegalArgumentException wrong -> new InvalidRequestException(e.getMessage(), e);
            case PictureException wrong -> new InvalidRequestException(e.getMessage(), e);
            case DocumentException wrong -> ofDocument(wrong);
            case TextException wrong -> new InvalidRequestException(e.getMessage(), e);
            default -> new InternalServerException("The model failed on this request.", e);
        };
    }

    private static LangChain4jException ofDocument(DocumentException e) {
        return switch (e.kind()) {
            case DOCUMENT, PASSWORD -> new InvalidRequestException(e.getMessage(), e);
            case BUSY -> new RateLimitException(e.getMessage(), e);
            case LIBRARY -> new UnsupportedFeatureException(e.getMessage());
        };
    }
}
