package dev.fovea.core.generate;

/** Why an answer ended. */
public enum FinishReason {
    /** The model said so. */
    END,
    /** A stop string was met. */
    STOP_STRING,
    /** As many tokens as were allowed. */
    MAX_TOKENS,
    /** The model reads no longer sequences. */
    CONTEXT,
    /** The caller no longer wants it. */
    CANCELLED
}
