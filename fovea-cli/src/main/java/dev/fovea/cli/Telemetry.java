package dev.fovea.cli;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where traces go: to a collector that the operator names, configured as OpenTelemetry has it. The one class here that
 * knows its SDK, which commands other than {@code serve} start without.
 *
 * @param sdk sends what is left when it is closed
 */
record Telemetry(OpenTelemetrySdk sdk) implements AutoCloseable {

    /** Whether the environment names a place for traces, in OpenTelemetry's variables. */
    static boolean wanted(Map<String, String> environment) {
        boolean off = environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true")
                || environment.getOrDefault("OTEL_TRACES_EXPORTER", "").equals("none");
        return !off
                && (environment.containsKey("OTEL_EXPORTER_OTLP_ENDPOINT")
                        || environment.containsKey("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                        || environment.containsKey("OTEL_TRACES_EXPORTER"));
    }

    /** @throws IllegalArgumentException with one sentence if no collector can be at this address */
    static void check(URI collector) {
        String scheme = String.valueOf(collector.getScheme());
        if (!(scheme.equals("http") || scheme.equals("https")) || collector.getHost() == null) {
            throw new IllegalArgumentException("--otlp must be the address of a collector, such as"
                    + " http://127.0.0.1:4318, not '" + collector + "'");
        }
    }

    /**
     * Begins to send.
     *
     * @param collector its address, or null where the environment names it
     * @throws IllegalArgumentException with one sentence if what the environment says cannot be used
     */
    static Telemetry open(@Nullable URI collector) {
        Map<String, String> usual = Map.of(
                "otel.service.name", "fovea",
                "otel.exporter.otlp.protocol", "http/protobuf",
                "otel.metrics.exporter", "none",
                "otel.logs.exporter", "none");
        Map<String, String> named = new LinkedHashMap<>();
        if (collector != null) {
            named.put("otel.traces.exporter", "otlp");
            named.put("otel.exporter.otlp.endpoint", collector.toString());
        }
        try {
            return new Telemetry(AutoConfiguredOpenTelemetrySdk.builder()
                    .disableShutdownHook()
                    .addPropertiesSupplier(() -> usual)
                    .addPropertiesCustomizer(known -> named)
                    .build()
                    .getOpenTelemetrySdk());
        } catch (ConfigurationException | IllegalArgumentException e) {
            throw new IllegalArgumentException("OpenTelemetry cannot be set up: " + CommandFailure.sentence(e), e);
        }
    }

    OpenTelemetry api() {
        return sdk;
    }

    @Override
    public void close() {
        sdk.close();
    }
}
