package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code time} on a tiny checkpoint. */
class TimeTest {
    /** Answered with several tokens. */
    private static final String QUESTION = "Is there a heart?";

    private static Object[] words(Object... more) {
        List<Object> all = new ArrayList<>(List.of("time", Run.PICTURE, QUESTION, "--model", Run.MODEL));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private static Run time(Object... more) {
        return Run.of(words(more));
    }

    @Test
    void aTableOfTheParts() {
        Run run = time("--max-tokens", 4, "--rounds", 3, "--precision", "f32");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).isEmpty();
        List<String> lines = run.out().lines().toList();
        assertThat(lines.getFirst())
                .matches("llava-mha in f32, \\d+ tokens \\(16 visual\\), an answer of \\d +MEDIAN +QUARTILES");
        assertThat(lines.subList(1, 7))
                .allSatisfy(line -> assertThat(line).matches("  .* \\d+\\.\\d ms +\\d+\\.\\d to \\d+\\.\\d ms"));
    }

    @Test
    void jsonHoldsTheSame() {
        JsonNode json = time("--max-tokens", 4, "--rounds", 3, "--json").json();
        assertThat(json.fieldNames())
                .toIterable()
                .containsExactly(
                        "model",
                        "arithmetic",
                        "weight_bytes",
                        "prompt_tokens",
                        "visual_tokens",
                        "answer_tokens",
                        "rounds",
                        "encoder_ms",
                        "prefill_ms",
                        "first_token_ms",
                        "token_ms",
                        "around_ms",
                        "whole_ms",
                        "peak_bytes");
        assertThat(json.path("rounds").intValue()).isEqualTo(3);
        assertThat(json.path("visual_tokens").intValue()).isEqualTo(16);
        double first = json.at("/first_token_ms/median").doubleValue();
        assertThat(first).isGreaterThan(json.at("/encoder_ms/low").doubleValue());
        assertThat(json.at("/whole_ms/median").doubleValue()).isGreaterThan(first);
        assertThat(json.at("/token_ms/low").doubleValue())
                .isPositive()
                .isLessThanOrEqualTo(json.at("/token_ms/high").doubleValue());
    }

    @Test
    void oneTokenHasNoFurtherOnes() {
        JsonNode json = time("--max-tokens", 1, "--rounds", 1, "--json").json();
        assertThat(json.path("answer_tokens").intValue()).isEqualTo(1);
        assertThat(json.path("token_ms").isNull()).isTrue();
        assertThat(time("--max-tokens", 1, "--rounds", 1).out()).doesNotContain("each further token");
    }

    @Test
    void aTechniqueSpendsFewerTokens() {
        JsonNode json = time("-t", "hiprune", "-b", 4, "--max-tokens", 1, "--rounds", 1, "--json")
                .json();
        JsonNode plain = time("--max-tokens", 1, "--rounds", 1, "--json").json();
        assertThat(json.path("visual_tokens").intValue()).isEqualTo(4);
        assertThat(json.path("prompt_tokens").intValue())
                .isEqualTo(plain.path("prompt_tokens").intValue() - 12);
    }

    @Test
    void aLineOfInputIsARound() throws IOException {
        Run run = Run.with("go\n\nonce more\n", new Interruption(), words("--max-tokens", 4, "--turns"));
        assertThat(run.code()).as(run.err()).isZero();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : run.out().lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst().fieldNames())
                .toIterable()
                .containsExactly(
                        "model", "arithmetic", "weight_bytes", "prompt_tokens", "visual_tokens", "answer_tokens");
        for (JsonNode round : lines.subList(1, 3)) {
            assertThat(round.path("ids"))
                    .hasSize(lines.getFirst().path("answer_tokens").intValue());
            assertThat(round.path("answer")).isEqualTo(lines.get(1).path("answer"));
            double parts = round.path("encoder_ms").doubleValue()
                    + round.path("prefill_ms").doubleValue();
            assertThat(round.path("first_token_ms").doubleValue()).isCloseTo(parts, within(0.002));
            assertThat(round.path("whole_ms").doubleValue()).isGreaterThan(parts);
        }
        if (Files.isReadable(Path.of("/proc/self/status"))) {
            assertThat(lines.getLast().path("peak_bytes").longValue())
                    .isGreaterThan(lines.getFirst().path("weight_bytes").longValue());
        }
    }

    @Test
    void stopsWhenTold() {
        Interruption interruption = new Interruption();
        interruption.request();
        Run run = Run.with("go\n", interruption, words("--turns"));
        assertThat(run.code()).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rounds 0 | --rounds is 0; give a number from 1 to",
                "--warm-up -1 | --warm-up is -1; give a number from 0 to",
                "--max-tokens 0 | --max-tokens is 0; give a number from 1 to",
                "-b none | budget"
            })
    void refusesWrongNumbers(String options, String said) {
        Run run = time((Object[]) options.strip().split(" ", -1));
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).hasLineCount(1).containsIgnoringCase(said);
    }

    @Test
    void aPictureAloneIsNoQuestion() {
        Run run = Run.of("time", Run.PICTURE, "--model", Run.MODEL);
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).hasLineCount(1).contains("no question was given");
    }
}
