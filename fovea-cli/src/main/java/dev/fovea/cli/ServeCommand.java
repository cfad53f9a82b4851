package dev.fovea.cli;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.server.FoveaServer;
import dev.fovea.server.Keys;
import dev.fovea.server.Limits;
import dev.fovea.server.Served;
import dev.fovea.server.ServerOptions;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code serve}: OpenAI's HTTP interface, until Ctrl-C or SIGTERM.
 *
 * <p>{@code --json} prints {@code address}, {@code model} and {@code embedder} on one line when the server is ready.
 */
@Command(
        name = "serve",
        description = {
            "Serve a model over OpenAI's HTTP interface: chats, responses, embeddings, rankings. Techniques and budgets"
                    + " are chosen per request.",
            "Only this machine can reach it unless --host says otherwise. Ctrl-C or SIGTERM lets running answers end."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea serve",
            "  fovea serve --model ~/models/llava-1.5-7b-hf --technique hiprune --budget 128 --port 9000",
            "  fovea serve --host 0.0.0.0 --keys keys.txt",
            "  fovea serve --otlp http://127.0.0.1:4318",
            ""
        })
final class ServeCommand implements Callable<Integer> {
    private static final int MIB = 1 << 20;

    private final Session session;
    private final Terminal terminal;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE}, this machine alone).")
    String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port to listen on, 0 for any that is free (default: ${DEFAULT-VALUE}).")
    int port;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description = "Bearer keys that clients must know: one a line, with a name and a blank before it if it has"
                    + " one (default: nobody needs a key).")
    @Nullable
    Path keys;

    @Option(names = "--name", paramLabel = "NAME", description = "How clients call the model (default: its folder's).")
    @Nullable
    String name;

    @Option(
            names = "--at-once",
            paramLabel = "N",
            defaultValue = "32",
            description = "Answers in the making at once (default: ${DEFAULT-VALUE}).")
    int atOnce;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "256",
            description = "Requests that may wait; further ones are told to come back (default: ${DEFAULT-VALUE}).")
    int queue;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that read prompts and answer them, each its own; they share the cores (default:"
                    + " ${DEFAULT-VALUE}).")
    int workers;

    @Option(
            names = "--max-body",
            paramLabel = "MIB",
            defaultValue = "32",
            description = "Longest request (default: ${DEFAULT-VALUE}).")
    int maxBody;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            defaultValue = "24000000",
            description = "Most pixels of a picture (default: ${DEFAULT-VALUE}).")
    long maxPixels;

    @Option(
            names = "--max-pictures",
            paramLabel = "N",
            defaultValue = "16",
            description = "Most pictures of a request (default: ${DEFAULT-VALUE}).")
    int maxPictures;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Longest answer, in tokens (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description = "Longest time for an answer (default: ${DEFAULT-VALUE}).")
    int timeout;

    @Option(
            names = "--drain",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long running answers have to end when the server stops (default: ${DEFAULT-VALUE}).")
    int drain;

    @Option(
            names = "--otlp",
            paramLabel = "URL",
            description = "Send a trace of each request to this OpenTelemetry collector, for example"
                    + " http://127.0.0.1:4318 (default: where OTEL_EXPORTER_OTLP_ENDPOINT says, else nowhere).")
    @Nullable
    URI otlp;

    @Mixin
    JsonOption json;

    ServeCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        spending.check();
        ServerOptions options = options();
        Path folder = model.resolve(session);
        boolean dual = Files.isDirectory(folder) && DualEncoder.isOne(folder);
        Path beside = folder.resolve("clip");
        session.interruption().mayTake(Math.addExact(drain, 5));
        Waiting opening = Waiting.on(terminal, "Opening the model");
        try (Telemetry telemetry = telemetry();
                VisionLanguageModel opened =
                        dual ? null : VisionLanguageModel.open(folder, model.with(precision.options()));
                DualEncoder clip =
                        dual ? DualEncoder.open(folder) : Files.isDirectory(beside) ? DualEncoder.open(beside) : null) {
            opening.close();
            if (opened != null) {
                opened.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
                spending.check(opened, 1);
            }
            return serve(
                    new Served(name == null ? model.name(session) : name, opened, clip),
                    telemetry == null ? options : options.withTelemetry(telemetry.api()));
        } finally {
            opening.close();
        }
    }

    /** Where traces go, or null where nobody wants any. */
    private @Nullable Telemetry telemetry() {
        if (otlp == null && !Telemetry.wanted(session.environment())) {
            return null;
        }
        try {
            return Telemetry.open(otlp);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private ServerOptions options() {
        try {
            if (maxBody < 1 || maxBody > 1_024 || drain < 0 || drain > 86_400) {
                throw new IllegalArgumentException(
                        "--max-body lies between 1 and 1024 MiB, and --drain between 0 and 86400 seconds");
            }
            if (otlp != null) {
                Telemetry.check(otlp);
            }
            Limits limits = Limits.defaults()
                    .withBodyBytes(maxBody * MIB)
                    .withPixels(maxPixels)
                    .withPictures(maxPictures)
                    .withTokens(maxTokens)
                    .withTime(Duration.ofSeconds(timeout));
            return ServerOptions.defaults()
                    .withAddress(host, port)
                    .withKeys(keys == null ? Keys.none() : Keys.read(keys))
                    .withLimits(limits)
                    .withBatch(BatchOptions.defaults()
                            .withSequences(atOnce)
                            .withWaiting(queue)
                            .withWorkers(workers))
                    .withTechniques(spending.techniques, spending.budget())
                    .withLog(terminal.err());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private int serve(Served served, ServerOptions options) {
        warn(options);
        FoveaServer server;
        try {
            server = FoveaServer.start(served, options);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        try {
            ready(served, server);
            while (!session.interruption().requested()) {
                Thread.sleep(200);
            }
        } catch (InterruptedException e) {
            // The end that was asked for.
        } finally {
            boolean all = server.stop(Duration.ofSeconds(drain));
            if (!all) {
                terminal.err().println("fovea: some answers had not come to their end after " + drain + " seconds");
            }
        }
        return ExitCode.OK;
    }

    private void warn(ServerOptions options) {
        boolean others;
        try {
            others = !InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw CommandFailure.usage("'" + host + "' is no address of this machine; give one such as 127.0.0.1");
        }
        if (others && options.keys().open()) {
            terminal.err()
                    .println(
                            "fovea: note: other machines can reach this server without a key; give it some with --keys");
        }
    }

    private void ready(Served served, FoveaServer server) {
        if (json.json) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("address", server.address());
            line.put("model", served.model() == null ? null : served.name());
            line.put("embedder", served.embedder() == null ? null : served.embedderName());
            Json.print(terminal, line);
        } else {
            terminal.out().println(served.name() + " is ready at " + server.address() + "/v1 (Ctrl-C stops it)");
        }
        terminal.out().flush();
    }
}
