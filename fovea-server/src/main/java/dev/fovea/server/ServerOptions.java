package dev.fovea.server;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.technique.Budget;
import io.opentelemetry.api.OpenTelemetry;
import java.io.PrintStream;
import java.util.List;

/**
 * How a server runs.
 *
 * @param host address that it listens on
 * @param port of the address, 0 for any that is free
 * @param keys that clients must know; {@link Keys#none()} lets everybody in
 * @param limits of requests
 * @param batch how requests share the model
 * @param techniques of requests that name none
 * @param budget of requests that name none
 * @param log takes one line of JSON per request
 * @param telemetry takes a span per request; {@link OpenTelemetry#noop()} takes none
 */
public record ServerOptions(
        String host,
        int port,
        Keys keys,
        Limits limits,
        BatchOptions batch,
        List<String> techniques,
        Budget budget,
        PrintStream log,
        OpenTelemetry telemetry) {
    public ServerOptions {
        techniques = List.copyOf(techniques);
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("A port lies between 0 and 65535, not " + port + ".");
        }
    }

    /** On this machine alone, at any free port, without keys, the plain model, nothing logged. */
    public static ServerOptions defaults() {
        return new ServerOptions(
                "127.0.0.1",
                0,
                Keys.none(),
                Limits.defaults(),
                BatchOptions.defaults(),
                List.of(),
                Budget.full(),
                new PrintStream(PrintStream.nullOutputStream()),
                OpenTelemetry.noop());
    }

    public ServerOptions withAddress(String at, int number) {
        return new ServerOptions(at, number, keys, limits, batch, techniques, budget, log, telemetry);
    }

    public ServerOptions withKeys(Keys known) {
        return new ServerOptions(host, port, known, limits, batch, techniques, budget, log, telemetry);
    }

    public ServerOptions withLimits(Limits of) {
        return new ServerOptions(host, port, keys, of, batch, techniques, budget, log, telemetry);
    }

    public ServerOptions withBatch(BatchOptions how) {
        return new ServerOptions(host, port, keys, limits, how, techniques, budget, log, telemetry);
    }

    /** With a technique and budget for requests that name none. */
    public ServerOptions withTechniques(List<String> specs, Budget spent) {
        return new ServerOptions(host, port, keys, limits, batch, specs, spent, log, telemetry);
    }

    public ServerOptions withLog(PrintStream to) {
        return new ServerOptions(host, port, keys, limits, batch, techniques, budget, to, telemetry);
    }

    /** With whoever takes a span per request, named by OpenTelemetry's conventions for generative AI. */
    public ServerOptions withTelemetry(OpenTelemetry to) {
        return new ServerOptions(host, port, keys, limits, batch, techniques, budget, log, to);
    }
}
