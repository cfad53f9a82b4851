package dev.fovea.cli.speed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A question to the default model from the command line: a new process each time, as a person starts it. */
final class ColdStart {
    private static final long PATIENCE_SECONDS = 120;

    private ColdStart() {}

    /**
     * One question.
     *
     * @param total seconds from the start of the launcher to its end
     * @param before the part in which the model did not work yet or any more: launcher, Java, libraries, weights
     */
    record Times(Quartiles total, Quartiles before) {}

    /**
     * Asks a few times.
     *
     * @param home folder of the installation
     * @return the times, or null if this installation has no default model
     */
    static @Nullable Times measure(Path home, int runs) {
        Path launcher = home.resolve("fovea").toAbsolutePath();
        Path picture = home.resolve("docs/images/scene.png");
        if (!Files.exists(launcher)
                || !Files.exists(picture)
                || !Files.exists(home.resolve("models/peek/config.json"))) {
            return null;
        }
        double[] total = new double[runs];
        double[] before = new double[runs];
        for (int run = -1; run < runs; run++) {
            long start = System.nanoTime();
            JsonNode answer = ask(launcher, picture);
            double seconds = (System.nanoTime() - start) / 1e9;
            if (run >= 0) {
                double working = answer.path("encoder_ms").asDouble()
                        + answer.path("prefill_ms").asDouble()
                        + answer.path("decode_ms").asDouble();
                total[run] = seconds;
                before[run] = seconds - working / 1000;
            }
        }
        return new Times(Quartiles.of(total), Quartiles.of(before));
    }

    private static JsonNode ask(Path launcher, Path picture) {
        ProcessBuilder builder = new ProcessBuilder(
                        launcher.toString(), "ask", picture.toString(), "How many red circles are there?", "--json")
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("FOVEA_BUILD", "never");
        try {
            Process process = builder.start();
            byte[] out = process.getInputStream().readAllBytes();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroy();
                throw new IllegalStateException(
                        "'" + String.join(" ", builder.command()) + "' failed; run it by itself to see why");
            }
            return new ObjectMapper().readTree(new String(out, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException("Cannot start " + launcher, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Turns.Stopped();
        }
    }
}
