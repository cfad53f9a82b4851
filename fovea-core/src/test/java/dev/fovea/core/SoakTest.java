package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * A day in one process: thousands of asks, failures, conversations, opens and closes.
 *
 * <p>The profile {@code soak} runs it with {@code -XX:TieredStopAtLevel=1}. The JVM's optimising compiler, C2, works in
 * memory from {@code malloc}, tens of megabytes for a large method, which stay with the process when it is done. Each
 * time it meets a larger method than before, resident memory takes a step: three of 1 to 9 MB within the first 1,000
 * rounds, 2.6 to 5 % in all, and then none (0.4 % from there to round 4,000). With C1 alone what remains is what the
 * product holds: 0.3 % from round 100 to round 1,000, and at most 0.6 % for asks, failures, conversations or openings by
 * themselves.
 */
@Tag("soak")
class SoakTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-gqa");
    private static final int ROUNDS = Integer.getInteger("soak.rounds", 1_000);
    private static final AskOptions SHORT = AskOptions.defaults().withMaxTokens(6);

    private static RgbImage picture(String name) {
        return new PictureReader()
                .read(GOLDEN.resolve("images/" + name + ".png"))
                .image();
    }

    private static Plan pruning() {
        return Plan.of(
                "half",
                new Step(
                        new Station.Connector(),
                        List.of(),
                        s -> Outcome.of(Decision.Keep.of(
                                IntStream.range(0, 8).map(i -> 2 * i).toArray()))));
    }

    private static Plan failing(int round) {
        Station where = round % 2 == 0 ? new Station.Connector() : new Station.Decoder(1);
        return Plan.of("failing", new Step(where, List.of(), s -> {
            throw new IllegalStateException("on purpose");
        }));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void residentMemoryStaysFlat() throws Exception {
        RgbImage wide = picture("wide");
        RgbImage tall = picture("tall");
        List<Long> resident = new ArrayList<>();
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN)) {
            for (int round = 1; round <= ROUNDS; round++) {
                model.ask(List.of(wide), "What is it?", SHORT);
                model.ask(List.of(tall), "Where is </s> the ring?", SHORT.withPlan(pruning()));
                model.ask(List.of(wide, tall), "Which is larger?", SHORT);
                Plan failing = failing(round);
                assertThatThrownBy(() -> model.ask(List.of(wide), "What is it?", SHORT.withPlan(failing)))
                        .hasStackTraceContaining("on purpose");
                if (round % 2 == 0) {
                    converse(model, wide, tall);
                }
                if (round % 5 == 0) {
                    try (VisionLanguageModel another = VisionLanguageModel.open(GOLDEN)) {
                        another.ask(List.of(wide), "What is it?", SHORT);
                    }
                }
                if (round % (ROUNDS / 50) == 0) {
                    resident.add(residentKilobytes());
                }
            }
        }
        System.out.printf("soak: resident kB every %d rounds: %s%n", ROUNDS / 50, resident);
        List<Long> medians = mediansOfTenths(resident);
        assertThat((double) Collections.max(medians.subList(1, 10))).isLessThan(1.03 * medians.get(1));
    }

    private static void converse(VisionLanguageModel model, RgbImage wide, RgbImage tall) {
        try (Conversation talk = model.converse(SHORT, Conversation.Policy.LOOK_AGAIN)) {
            talk.ask(List.of(wide), "What is it?");
            talk.ask("And now?");
            talk.ask(List.of(tall), "And here?");
        }
    }

    /** Of each tenth of the run; single samples also show what the compiler needs at that moment. */
    private static List<Long> mediansOfTenths(List<Long> samples) {
        int tenth = samples.size() / 10;
        return IntStream.range(0, 10)
                .mapToObj(i -> samples.subList(i * tenth, (i + 1) * tenth).stream()
                        .sorted()
                        .toList()
                        .get(tenth / 2))
                .toList();
    }

    /** After a collection, so that it is what the process holds and not what it has yet to drop. */
    private static long residentKilobytes() throws Exception {
        System.gc();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IllegalStateException("no VmRSS");
    }
}
