package dev.fovea.server;

import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.util.JavalinBindException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.HttpConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * A server of OpenAI's HTTP interface, on virtual threads. It does not close the models that it serves.
 *
 * <p>{@code /v1/chat/completions} and {@code /v1/responses} for a vision-language model, {@code /v1/embeddings} and
 * {@code /v1/rerank} for a dual encoder, {@code /v1/pages} for what a document looks like to a model, {@code /v1/models}, {@code /health}, {@code /ready} and {@code /metrics}.
 */
public final class FoveaServer implements AutoCloseable {
    private static final Duration HEAD = Duration.ofSeconds(10);
    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final int HEAD_BYTES = 16 << 10;

    private final ServerOptions options;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("fovea-timer").daemon().factory());
    private final ServerMetrics metrics = new ServerMetrics();
    private final Gateway gateway;
    private final Catalogue catalogue;
    private final Pictures pictures;
    private final @Nullable ContinuousBatch batch;
    private final @Nullable Embedder embedder;
    private final Javalin http;
    private boolean closed;

    private FoveaServer(Served served, ServerOptions options) {
        this.options = options;
        this.gateway = new Gateway(options, metrics, timer);
        this.catalogue = new Catalogue(served);
        this.pictures = new Pictures(options.limits());
        VisionLanguageModel model = served.model();
        DualEncoder encoder = served.embedder();
        this.batch = model == null ? null : model.batch(options.batch());
        this.embedder = encoder == null ? null : new Embedder(encoder, pictures, options);
        this.http = Javalin.create(config -> {
            configure(config);
            routes(config.routes, served);
        });
    }

    /**
     * Starts a server; it is ready when this returns.
     *
     * @throws IllegalArgumentException with one sentence if the address cannot be listened on
     */
    public static FoveaServer start(Served served, ServerOptions options) {
        FoveaServer server = new FoveaServer(served, options);
        try {
            server.http.start();
            return server;
        } catch (JavalinBindException e) {
            server.close();
            throw new IllegalArgumentException(
                    "Nobody can listen on " + options.host() + ":" + options.port()
                            + "; another program may do so already, or the address is not this machine's",
                    e);
        }
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.concurrency.useVirtualThreads = true;
        config.jetty.host = options.host();
        config.jetty.port = options.port();
        config.jetty.modifyHttpConfiguration(FoveaServer::configure);
        SlowHeads slow = new SlowHeads();
        config.jetty.modifyServer(server -> {
            server.setErrorHandler(new HttpErrors());
            server.addBeanToAllConnectors(slow);
            server.setStopTimeout(0);
        });
        timer.scheduleAtFixedRate(slow::look, HEAD.toMillis(), HEAD.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void configure(HttpConfiguration http) {
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEAD_BYTES);
        http.setIdleTimeout(IDLE.toMillis());
    }

    private void routes(RoutesConfig routes, Served served) {
        VisionLanguageModel model = served.model();
        ContinuousBatch answering = batch;
        if (model != null && answering != null) {
            metrics.watch(answering);
            GenerationReader generation = new GenerationReader(model, options.limits());
            Documents documents = new Documents(model, options.limits());
            Desk desk = new Desk(
                    answering,
                    new Attachments(pictures, documents),
                    metrics,
                    options.limits().time());
            post(routes, "/v1/pages", "pages", new PagesEndpoint(catalogue, documents));
            ChatReader chats = new ChatReader(generation, options);
            ResponsesReader responses = new ResponsesReader(generation, options);
            post(
                    routes,
                    "/v1/chat/completions",
                    "chat",
                    new GenerationEndpoint(catalogue, desk, new ChatDialect(model, chats)));
            post(
                    routes,
                    "/v1/responses",
                    "chat",
                    new GenerationEndpoint(catalogue, desk, new ResponsesDialect(model, responses)));
        }
        Embedder embedding = embedder;
        if (embedding != null) {
            post(routes, "/v1/embeddings", "embeddings", new EmbeddingsEndpoint(catalogue, embedding));
            post(routes, "/v1/rerank", "rerank", new RerankEndpoint(catalogue, embedding));
        }
        routes.get("/v1/models", gateway.get("/v1/models", catalogue::list));
        routes.get("/v1/models/<name>", gateway.get("/v1/models/<name>", catalogue::one));
        if (model != null) {
            ExplorerPage.all().forEach(file -> anybody(routes, file.path(), file::send));
        }
        anybody(routes, "/health", call -> call.text(200, "application/json", "{\"status\":\"ok\"}"));
        anybody(
                routes,
                "/ready",
                call -> call.text(
                        gateway.draining() ? 503 : 200,
                        "application/json",
                        gateway.draining() ? "{\"status\":\"shutting down\"}" : "{\"status\":\"ready\"}"));
        anybody(routes, "/metrics", call -> call.text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text()));
        Handler nothing = gateway.anybody("", call -> {
            throw ApiException.of(
                    404, "not_found", "There is nothing at this address; see /v1/models for what this server has.");
        });
        routes.error(404, context -> {
            if (!context.res().isCommitted()) {
                nothing.handle(context);
            }
        });
    }

    private void post(RoutesConfig routes, String path, String operation, Gateway.BodyAction action) {
        routes.post(path, gateway.post(path, operation, action));
    }

    private void anybody(RoutesConfig routes, String path, Gateway.Action action) {
        routes.get(path, gateway.anybody(path, action));
    }

    /** The port that it listens on. */
    public int port() {
        return http.port();
    }

    /** Where clients reach it, for example {@code http://127.0.0.1:8080}. */
    public String address() {
        String host = options.host();
        return "http://" + (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port();
    }

    /**
     * Stops: nothing new is answered from now on, what is being answered has this long to come to its end, and then the
     * server closes.
     *
     * @return whether everything was answered
     */
    public boolean stop(Duration patience) {
        gateway.drain();
        boolean done = awaitNobody(patience);
        close();
        return done;
    }

    /** Waits until no request is being answered; false if the time is over before. */
    private boolean awaitNobody(Duration most) {
        long end = System.nanoTime() + most.toNanos();
        try {
            while (gateway.open() > 0 && System.nanoTime() - end < 0) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return gateway.open() == 0;
    }

    /** Stops at once; answers in the making end as cancelled. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        gateway.drain();
        if (batch != null) {
            batch.close();
        }
        // Whoever was waiting reads that the server is shutting down.
        awaitNobody(LAST_WORDS);
        http.stop();
        if (embedder != null) {
            embedder.close();
        }
        timer.shutdownNow();
    }
}
