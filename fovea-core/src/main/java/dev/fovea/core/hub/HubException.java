package dev.fovea.core.hub;

/** What keeps a model from being fetched or found, in one sentence for people. */
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public HubException(String message) {
        super(message);
    }

    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
