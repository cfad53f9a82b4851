package dev.fovea.spark;

/** What is written about rows and parts that failed. */
final class Failures {
    private Failures() {}

    static String sentence(RuntimeException e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    }

    /** The first line of what was wrong to begin with: Spark puts whole stacks into messages. */
    static String reason(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String message = String.valueOf(first.getMessage());
        return message.lines().findFirst().orElse(first.getClass().getSimpleName());
    }
}
