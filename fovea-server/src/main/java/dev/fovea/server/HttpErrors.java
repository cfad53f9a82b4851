package dev.fovea.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** What is wrong with HTTP itself, before any of our code is reached, said like everything else. */
final class HttpErrors extends ErrorHandler {
    @Override
    public boolean errorPageForMethod(String method) {
        return true;
    }

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            @Nullable String message,
            @Nullable Throwable cause,
            Callback callback)
            throws IOException {
        String said = code == HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431
                ? "The head of the request is too long."
                : code == HttpStatus.URI_TOO_LONG_414
                        ? "The address of the request is too long."
                        : code >= 500 ? "Something unforeseen went wrong." : "The request is not valid HTTP.";
        byte[] body = Answers.JSON.writeValueAsBytes(Call.body(ApiException.of(code, "http_error", said)));
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        Content.Sink.write(response, true, new String(body, StandardCharsets.UTF_8), callback);
    }
}
