package dev.fovea.server;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.ContinuousBatch;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Arrays;

/**
 * Counts and times, under the names of OpenTelemetry's conventions for generative AI where there is one
 * ({@code gen_ai.server.*}), and under {@code fovea.*} where there is none: the queue, caches and visual tokens. Labels
 * take few values: names of models and techniques that exist, kinds of operations, codes of errors.
 */
final class ServerMetrics {
    private static final double[] REQUEST_SECONDS = {
        0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
    };
    private static final double[] FIRST_TOKEN_SECONDS = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
    };
    private static final double[] TOKEN_SECONDS = {0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5
    };
    private static final double[] TOKENS = {1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536};

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** Shows how long the queue is and how many are being answered. */
    void watch(ContinuousBatch batch) {
        Gauge.builder("fovea.queue.length", batch, ContinuousBatch::waiting)
                .description("Prompts whose turn has not come")
                .register(registry);
        Gauge.builder("fovea.batch.size", batch, ContinuousBatch::active)
                .description("Prompts that are being read or answered")
                .register(registry);
    }

    /**
     * A request has been answered, or not.
     *
     * @param operation {@code chat}, {@code embeddings}, {@code rerank} or {@code pages}
     * @param error its code, or an empty text
     */
    void request(String operation, String model, String error, long nanos) {
        Tags tags = Tags.of("gen_ai.operation.name", operation, "gen_ai.request.model", model, "error.type", error);
        timer("gen_ai.server.request.duration", "Time until the answer is complete", REQUEST_SECONDS, tags)
                .record(Duration.ofNanos(nanos));
    }

    /** An answer has been generated. */
    void answered(String model, String techniques, BatchAnswer answer) {
        Tags tags = Tags.of("gen_ai.operation.name", "chat", "gen_ai.request.model", model);
        int tokens = answer.answer().tokens().size();
        timer("fovea.queue.time", "Time until a prompt's turn came", FIRST_TOKEN_SECONDS, tags)
                .record(milliseconds(answer.queueMs()));
        if (tokens > 0) {
            timer("gen_ai.server.time_to_first_token", "Time until the first token", FIRST_TOKEN_SECONDS, tags)
                    .record(milliseconds(answer.firstTokenMs()));
        }
        if (tokens > 1) {
            timer("gen_ai.server.time_per_output_token", "Time of each further token", TOKEN_SECONDS, tags)
                    .record(milliseconds(answer.answer().timings().decodeMs() / (tokens - 1)));
        }
        tokens("fovea.tokens", "Tokens of prompts and answers", tags.and("gen_ai.token.type", "input"))
                .record(answer.answer().promptTokens());
        tokens("fovea.tokens", "Tokens of prompts and answers", tags.and("gen_ai.token.type", "output"))
                .record(tokens);
        Tags spent = tags.and("fovea.technique", techniques);
        int total = answer.answer().ledger().plainTotal();
        tokens("fovea.visual.tokens", "Visual tokens of a prompt", spent.and("fovea.fate", "total"))
                .record(total);
        tokens("fovea.visual.tokens", "Visual tokens of a prompt", spent.and("fovea.fate", "kept"))
                .record(answer.answer().ledger().kept());
        cache("picture", answer.cachedViews(), answer.answer().ledger().images().size());
        cache("prefix", answer.cachedTokens() > 0 ? 1 : 0, 1);
    }

    private void cache(String cache, int hits, int asked) {
        String name = "fovea.cache.requests";
        registry.counter(name, "cache", cache, "result", "hit").increment(hits);
        registry.counter(name, "cache", cache, "result", "miss").increment(asked - hits);
    }

    private static Duration milliseconds(double ms) {
        return Duration.ofNanos((long) (ms * 1e6));
    }

    private Timer timer(String name, String description, double[] seconds, Tags tags) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(Arrays.stream(seconds)
                        .mapToObj(s -> Duration.ofNanos((long) (s * 1e9)))
                        .toArray(Duration[]::new))
                .tags(tags)
                .register(registry);
    }

    private DistributionSummary tokens(String name, String description, Tags tags) {
        return DistributionSummary.builder(name)
                .description(description)
                .serviceLevelObjectives(TOKENS)
                .tags(tags)
                .register(registry);
    }

    /** Everything, as Prometheus reads it. */
    String text() {
        return registry.scrape();
    }
}
