package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A span for each request, as OpenTelemetry's conventions for generative AI have it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracingTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private OpenTelemetrySdk telemetry;
    private VisionLanguageModel model;
    private DualEncoder clip;
    private FoveaServer server;

    @BeforeAll
    void start() {
        telemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exported))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
        model = Peek.open();
        clip = Peek.openClip();
        server = FoveaServer.start(
                new Served("peek", model, clip), ServerOptions.defaults().withTelemetry(telemetry));
    }

    @AfterAll
    void stop() {
        server.close();
        clip.close();
        model.close();
        telemetry.close();
    }

    @BeforeEach
    void forget() {
        exported.reset();
    }

    /** The span of the request, which ends a moment after its answer was sent. */
    private SpanData request() throws InterruptedException {
        for (int i = 0; i < 500; i++) {
            for (SpanData span : exported.getFinishedSpanItems()) {
                if (span.getKind() == SpanKind.SERVER) {
                    return span;
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no span came");
    }

    private static @Nullable String text(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }

    private static long number(SpanData span, String name) {
        Long value = span.getAttributes().get(AttributeKey.longKey(name));
        assertThat(value).as(name).isNotNull();
        return value;
    }

    private static double seconds(SpanData span, String name) {
        Double value = span.getAttributes().get(AttributeKey.doubleKey(name));
        assertThat(value).as(name).isNotNull();
        return value;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChatSaysWhatItCostAndNothingOfWhatWasSaid(boolean stream) throws InterruptedException {
        ObjectNode asked = Peek.chat("What is written on the sign?", Peek.sceneUrl())
                .put("max_tokens", 7)
                .put("stream", stream);
        asked.putObject("fovea").put("technique", "hiprune").put("budget", "25%");
        Peek.Reply reply =
                Peek.post(server, "/v1/chat/completions", asked, "traceparent", "00-" + TRACE + "-" + PARENT + "-01");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        assertThat(reply.body()).contains("STOP");
        SpanData span = request();
        assertThat(span.getName()).isEqualTo("chat peek");
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(span.getParentSpanId()).isEqualTo(PARENT);
        assertThat(text(span, "gen_ai.operation.name")).isEqualTo("chat");
        assertThat(text(span, "gen_ai.provider.name")).isEqualTo("fovea");
        assertThat(text(span, "gen_ai.request.model")).isEqualTo("peek");
        assertThat(text(span, "gen_ai.response.model")).isEqualTo("peek");
        assertThat(text(span, "gen_ai.output.type")).isEqualTo("text");
        assertThat(text(span, "fovea.techniques")).isEqualTo("hiprune");
        assertThat(text(span, "fovea.budget")).isEqualTo("25%");
        assertThat(text(span, "http.route")).isEqualTo("/v1/chat/completions");
        assertThat(span.getAttributes().get(AttributeKey.stringArrayKey("gen_ai.response.finish_reasons")))
                .containsExactly("stop");
        assertThat(number(span, "gen_ai.request.max_tokens")).isEqualTo(7);
        assertThat(number(span, "gen_ai.usage.input_tokens")).isGreaterThan(64);
        assertThat(number(span, "gen_ai.usage.output_tokens")).isEqualTo(1);
        assertThat(number(span, "fovea.visual_tokens.total")).isEqualTo(256);
        assertThat(number(span, "fovea.visual_tokens.kept")).isEqualTo(64);
        assertThat(number(span, "http.response.status_code")).isEqualTo(200);
        assertThat(seconds(span, "fovea.queue.time")).isNotNegative();
        assertThat(seconds(span, "fovea.time_to_first_token"))
                .isGreaterThanOrEqualTo(seconds(span, "fovea.queue.time"))
                .isLessThan((span.getEndEpochNanos() - span.getStartEpochNanos()) / 1e9);
        assertThat(exported.getFinishedSpanItems())
                .allSatisfy(
                        one -> assertThat(one.getAttributes().asMap().values().toString())
                                .doesNotContain("sign", "STOP", "base64"));
    }

    /** Queue, encoder, prefill and decoding lie below the request, one behind the other. */
    @Test
    void itsPartsLieBelowIt() throws InterruptedException {
        Peek.post(server, "/v1/chat/completions", Peek.chat(Peek.QUESTION, Peek.dataUrl(Peek.scene(300, 200))));
        SpanData span = request();
        List<SpanData> parts = exported.getFinishedSpanItems().stream()
                .filter(one -> one.getParentSpanId().equals(span.getSpanId()))
                .toList();
        assertThat(parts).extracting(SpanData::getName).containsExactly("queue", "encode", "prefill", "decode");
        for (int i = 1; i < parts.size(); i++) {
            assertThat(parts.get(i).getStartEpochNanos())
                    .isEqualTo(parts.get(i - 1).getEndEpochNanos());
        }
        assertThat(parts.get(1).getEndEpochNanos()).isGreaterThan(parts.get(1).getStartEpochNanos());
    }

    @Test
    void withoutATraceOfTheClientOneBegins() throws InterruptedException {
        Peek.post(server, "/v1/chat/completions", Peek.chat(Peek.QUESTION), "traceparent", "00-nonsense");
        SpanData span = request();
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        assertThat(span.getTraceId()).isNotEqualTo(TRACE);
    }

    @Test
    void whatFailsSaysByWhichCode() throws InterruptedException {
        Peek.post(server, "/v1/chat/completions", "{\"messages\": secret");
        SpanData span = request();
        assertThat(span.getName()).isEqualTo("chat");
        assertThat(text(span, "error.type")).isEqualTo("invalid_json");
        assertThat(number(span, "http.response.status_code")).isEqualTo(400);
        // By the conventions of HTTP the client's faults are no failures of the server.
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(span.getAttributes().asMap().values().toString()).doesNotContain("secret");
    }

    @Test
    void embeddingsAreTracedAndPlainPagesAreNot() throws InterruptedException {
        Peek.get(server, "/health");
        Peek.get(server, "/v1/models");
        Peek.post(server, "/v1/embeddings", Peek.JSON.createObjectNode().put("input", "a red circle"));
        SpanData span = request();
        assertThat(span.getName()).isEqualTo("embeddings peek/clip");
        assertThat(exported.getFinishedSpanItems()).hasSize(1);
    }

    @Test
    void unlessSomebodyAsksNothingIsTraced() {
        assertThat(ServerOptions.defaults().telemetry()).isSameAs(OpenTelemetry.noop());
    }
}
