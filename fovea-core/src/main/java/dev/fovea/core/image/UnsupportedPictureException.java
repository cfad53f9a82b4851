package dev.fovea.core.image;

import java.io.Serial;

/** A sound picture of a kind that is not decoded; the message names the kind, with its article ("a TIFF with ..."). */
final class UnsupportedPictureException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    UnsupportedPictureException(String kind) {
        super(kind);
    }
}
