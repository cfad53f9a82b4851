package dev.fovea.core.message;

/** Why something failed, in a sentence where there is one. */
public final class Reason {
    private Reason() {}

    /** What a failure says, or what it is called where it says nothing. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }
}
