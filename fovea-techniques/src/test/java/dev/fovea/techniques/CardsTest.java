package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Values;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CardsTest {
    private static final Set<String> BASELINES = Set.of("full", "random", "grid");

    static List<Technique> techniques() {
        return Models.techniques();
    }

    static List<Technique> all() {
        return Models.all();
    }

    @Test
    void allAreFound() {
        assertThat(all().stream().map(t -> t.card().id()))
                .containsExactlyInAnyOrder(
                        "full",
                        "random",
                        "grid",
                        "pool",
                        "fastv",
                        "hiprune",
                        "vtc-cls",
                        "feather",
                        "tome",
                        "attention-rebalancing",
                        "m3id",
                        "vista",
                        "grains",
                        "visiondrop",
                        "flowcut",
                        "holov",
                        "todre",
                        "recoverable-compression",
                        "vflowopt",
                        "turbo",
                        "pyramiddrop",
                        "tca",
                        "downsample",
                        "pixelprune",
                        "mustdrop",
                        "visionzip",
                        "prumerge",
                        "fastervlm",
                        "vispruner",
                        "divprune",
                        "matryoshka",
                        "llavolta",
                        "llava-sp",
                        "llava-mini",
                        "dyvte",
                        "adaptvision-scaling",
                        "vlora",
                        "covipal",
                        "covt",
                        "voco-llama",
                        "flash",
                        "cdpruner",
                        "dart",
                        "sparsevlm");
    }

    @ParameterizedTest
    @MethodSource("all")
    void cardIsComplete(Technique technique) {
        Card card = technique.card();
        assertThat(card.id()).matches("[a-z0-9-]+");
        assertThat(card.title()).isNotBlank();
        assertThat(card.summary()).endsWith(".");
        if (BASELINES.contains(card.id())) {
            assertThat(card.arxiv()).isEmpty();
        } else {
            assertThat(card.arxiv()).matches("\\d{4}\\.\\d{5}");
        }
        assertThat(Set.of(
                        "weights",
                        "framing",
                        "encoder",
                        "connector",
                        "prompt",
                        "decoder",
                        "attention",
                        "residual",
                        "cache",
                        "logits"))
                .containsAll(card.stations());
        assertThat(card.trained()).isEqualTo(technique instanceof LearnedTechnique);
        assertThat(card.budget()).endsWith(".");
        assertThat(card.knobs()).extracting(Knob::name).doesNotHaveDuplicates();
        for (Knob knob : card.knobs()) {
            assertThat(knob.name()).matches("[a-z0-9-]+");
            assertThat(knob.help()).endsWith(".");
            assertThat(knob.range()).isNotBlank();
            if (!knob.choices().isEmpty()) {
                assertThat(knob.choices()).contains(knob.fallback());
            } else if (knob.values() instanceof Values.Numbers n
                    && !knob.fallback().equals("auto")) {
                assertThat(Double.parseDouble(knob.fallback())).isBetween(n.min(), n.max());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void stepsStandWhereTheCardSays(Technique technique) {
        for (ModelShape shape : new ModelShape[] {Models.LLAVA, Models.SMALL}) {
            for (Step step : Models.plan(technique, shape, Budget.share(0.4)).steps()) {
                assertThat(technique.card().stations()).contains(name(step.station()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void stepsAreInPathOrder(Technique technique) {
        List<Step> steps =
                Models.plan(technique, Models.LLAVA, Budget.share(0.4)).steps();
        assertThat(steps.stream().map(s -> s.station().order())).isSorted();
        // At the connector one step may add something and the next say what stays.
        assertThat(steps.stream()
                        .map(Step::station)
                        .filter(s -> !(s instanceof Station.Connector || s instanceof Station.Projector)))
                .doesNotHaveDuplicates();
    }

    private static String name(Station station) {
        return switch (station) {
            case Station.Weights ignored -> "weights";
            case Station.Framing ignored -> "framing";
            case Station.Patches ignored -> "framing";
            case Station.EncoderAttention ignored -> "encoder";
            case Station.EncoderOutput ignored -> "encoder";
            case Station.Connector ignored -> "connector";
            case Station.Projector ignored -> "connector";
            case Station.Embeddings ignored -> "prompt";
            case Station.Prompt ignored -> "prompt";
            case Station.Decoder ignored -> "decoder";
            case Station.Attention ignored -> "attention";
            case Station.Residual ignored -> "residual";
            case Station.Cache ignored -> "cache";
            case Station.Logits ignored -> "logits";
        };
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void everyChoiceMakesAPlan(Technique technique) {
        for (Knob knob : technique.card().knobs()) {
            for (String choice : knob.choices()) {
                var plan = Models.untrained(technique, Models.SMALL, Budget.share(0.6), knob.name() + "=" + choice);
                assertThat(plan.technique()).isEqualTo(technique.card().id());
                assertThat(PathSimulator.run(plan, Models.SMALL, 1)).hasSameSizeAs(PathSimulator.steps(plan));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("techniques")
    void knobsThatReplaceTheBudgetActAtFull(Technique technique) {
        List<String> with = technique.card().full().onlyWith();
        String[] set = technique.card().knobs().stream()
                .filter(k -> with.contains(k.name()))
                .map(k -> k.name() + "=" + moderate(k))
                .toArray(String[]::new);
        assertThat(Models.plan(technique, Models.LLAVA, Budget.full(), set)
                        .steps()
                        .isEmpty())
                .isEqualTo(set.length == 0 && !technique.card().full().acts());
        if (set.length > 1) {
            assertThat(Models.plan(technique, Models.LLAVA, Budget.full(), set[0])
                            .steps())
                    .isEmpty();
        }
    }

    private static String moderate(Knob knob) {
        Values.Numbers n = (Values.Numbers) knob.values();
        return n.whole() ? "2" : Double.toString(n.min() + 0.3 * (n.max() - n.min()));
    }

    private static String tooMuch(Knob knob) {
        return knob.values() instanceof Values.Numbers n ? Double.toString(n.max() + 1) : "1001";
    }

    @ParameterizedTest
    @MethodSource("all")
    void wrongKnobsAreExplained(Technique technique) {
        Card card = technique.card();
        assertThatThrownBy(() -> Knobs.of(card, Map.of("nonsense-knob", "1")))
                .hasMessageContaining("Technique '" + card.id() + "' has no knob 'nonsense-knob'");
        for (Knob knob : card.knobs()) {
            assertThatThrownBy(() -> Knobs.of(card, Map.of(knob.name(), "neither")))
                    .hasMessageContaining("Knob '" + knob.name() + "' of technique '" + card.id() + "'");
            if (knob.choices().isEmpty()) {
                assertThatThrownBy(() -> Knobs.of(card, Map.of(knob.name(), tooMuch(knob))))
                        .hasMessageContaining("must be in " + knob.range());
            }
        }
    }
}
