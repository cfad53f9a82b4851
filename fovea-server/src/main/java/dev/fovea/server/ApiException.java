package dev.fovea.server;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A request that is not answered, as OpenAI's error JSON says it: a status, a kind, a code and one sentence. */
final class ApiException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final @Nullable String param;
    private final int retryAfter;

    private ApiException(int status, String code, @Nullable String param, String sentence, int retryAfter) {
        super(sentence);
        this.status = status;
        this.code = code;
        this.param = param;
        this.retryAfter = retryAfter;
    }

    /** A field of the request is wrong. */
    static ApiException invalid(@Nullable String param, String sentence) {
        return new ApiException(400, "invalid_value", param, sentence, 0);
    }

    static ApiException of(int status, String code, String sentence) {
        return new ApiException(status, code, null, sentence, 0);
    }

    /** There is too much to do at the moment. */
    static ApiException busy(int status, String code, String sentence, int seconds) {
        return new ApiException(status, code, null, sentence, seconds);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    @Nullable
    String param() {
        return param;
    }

    /** Seconds after which it may be tried again, or 0. */
    int retryAfter() {
        return retryAfter;
    }

    /** OpenAI's kind of error. */
    String type() {
        return switch (status) {
            case 401, 403 -> "authentication_error";
            case 429 -> "rate_limit_error";
            default -> status >= 500 ? "server_error" : "invalid_request_error";
        };
    }
}
