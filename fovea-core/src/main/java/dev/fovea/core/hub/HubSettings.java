package dev.fovea.core.hub;

import dev.fovea.core.file.Reasons;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the Hub is reached.
 *
 * @param endpoint where its API is
 * @param token who asks, for models that are private or need an agreement
 * @param patience how failures are waited out
 * @param connections files or pieces fetched at once
 */
public record HubSettings(URI endpoint, Optional<String> token, Patience patience, int connections) {
    private static final String PUBLIC = "https://huggingface.co";

    /**
     * How failures of the network are waited out.
     *
     * @param attempts how often one request is tried
     * @param first pause after the first failure; it doubles with each further one
     * @param longest no pause is longer, whatever the server asks for
     * @param stall a connection that brings less than 1 kB a second over this long is given up
     */
    public record Patience(int attempts, Duration first, Duration longest, Duration stall) {
        static final Patience USUAL =
                new Patience(8, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofSeconds(30));
    }

    /**
     * As the environment says: {@code HF_ENDPOINT}, {@code HF_TOKEN} or the file that {@code huggingface-cli login}
     * writes.
     *
     * @throws HubException if the endpoint is no web address, or {@code HF_HUB_OFFLINE} is set
     */
    public static HubSettings of(Map<String, String> environment) {
        String offline = environment.getOrDefault("HF_HUB_OFFLINE", "");
        if (!offline.isBlank() && !offline.equals("0") && !offline.equalsIgnoreCase("false")) {
            throw new HubException("HF_HUB_OFFLINE is set, so nothing is fetched; unset it to fetch models");
        }
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "");
        return new HubSettings(endpoint(endpoint.isBlank() ? PUBLIC : endpoint), token(environment), Patience.USUAL, 8);
    }

    private static URI endpoint(String text) {
        try {
            URI uri = URI.create(text.strip().replaceFirst("/+$", ""));
            if (("https".equals(uri.getScheme()) || "http".equals(uri.getScheme())) && uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new HubException("HF_ENDPOINT is '" + text + "', which is no web address; it should look like " + PUBLIC);
    }

    private static Optional<String> token(Map<String, String> environment) {
        for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            String token = environment.getOrDefault(name, "").strip();
            if (!token.isEmpty()) {
                return Optional.of(token);
            }
        }
        String path = environment.getOrDefault("HF_TOKEN_PATH", "");
        Path file = path.isBlank() ? HubCache.home(environment).resolve("token") : Path.of(path);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            String token = Files.readString(file).strip();
            return token.isEmpty() ? Optional.empty() : Optional.of(token);
        } catch (IOException e) {
            throw new HubException(file + " cannot be read: " + Reasons.of(e) + "; it should hold your token", e);
        }
    }
}
