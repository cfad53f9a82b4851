package dev.fovea.core.hub;

import java.io.IOException;
import java.time.Duration;

/** Waits failures of the network out, longer after each, as long as the server asks for. */
record Retry(HubSettings settings, PullListener listener) {

    static Retry of(HubSettings settings, PullListener listener) {
        return new Retry(settings, listener);
    }

    /** A request that may fail. */
    @FunctionalInterface
    interface Request<T> {
        T send() throws IOException;
    }

    /**
     * Sends a request until it succeeds.
     *
     * @param what it does, to go on after "cannot"
     * @throws HubException when patience is at its end
     */
    <T> T call(String what, Request<T> request) throws IOException {
        HubSettings.Patience patience = settings.patience();
        Duration pause = patience.first();
        for (int attempt = 1; ; attempt++) {
            try {
                return request.send();
            } catch (java.nio.file.FileSystemException e) {
                throw e;
            } catch (IOException e) {
                if (isFullDisk(e)) {
                    throw e;
                }
                if (attempt >= patience.attempts()) {
                    throw new HubException(
                            "Fovea cannot " + what + " from "
                                    + settings.endpoint().getHost() + ": " + reason(e) + " (tried " + attempt
                                    + " times); what is complete stays, and the next pull goes on",
                            e);
                }
                Duration asked = e instanceof HubClient.Transient t ? t.pause() : Duration.ZERO;
                Duration wait = shorter(longer(asked, pause), patience.longest());
                listener.retries(reason(e), wait.toSeconds());
                sleep(wait);
                pause = shorter(pause.multipliedBy(2), patience.longest());
            }
        }
    }

    private static boolean isFullDisk(IOException e) {
        String message = e.getMessage();
        return message != null && message.toLowerCase(java.util.Locale.ROOT).contains("no space left");
    }

    private static String reason(IOException e) {
        return switch (e) {
            case HubClient.Transient t -> String.valueOf(t.getMessage());
            case java.net.http.HttpConnectTimeoutException ignored -> "it does not answer";
            case java.net.http.HttpTimeoutException ignored -> "it does not answer";
            case java.net.ConnectException ignored -> "there is no connection to it";
            default -> "the connection was cut";
        };
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    private static void sleep(Duration wait) {
        try {
            Thread.sleep(wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("Fetching was interrupted; what is complete stays, and the next pull goes on", e);
        }
    }
}
