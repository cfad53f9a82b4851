package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a second question about a picture costs, which goes on from the caches that the first one left, of the first one's
 * time to first token: encoder, connector and prompt. A part of the language model's layers runs, and its times are
 * multiplied to those of all; what happens once a pass (connector, head) is thereby counted as often in both.
 */
final class SecondQuestion {
    private static final List<String> TECHNIQUES = List.of("hiprune", "visiondrop");

    private final ModelParts some;
    private final double times;
    private final Visit visit;

    /** @param layers that run: a multiple of four, so that decisions at a quarter of the depth are there */
    SecondQuestion(RandomLlava sizes, int layers, Visit visit) {
        this.some = sizes.withLayers(layers);
        this.times = (double) RandomLlava.LAYERS / layers;
        this.visit = visit;
    }

    /**
     * What was found under one plan.
     *
     * @param technique whose plan, or {@code full}
     * @param budget visual tokens that it was asked to keep
     * @param seconds until the first token of the second question, whose words are {@link Visit#BEHIND}
     * @param ofFirst of the same of the first question
     */
    record Again(String technique, int budget, Quartiles seconds, Quartiles ofFirst) {}

    List<Again> measure(int rounds, BooleanSupplier goOn) {
        List<Again> all = new ArrayList<>();
        all.add(of("full", RandomLlava.VISUAL, Plan.plain(), rounds, goOn));
        for (String id : TECHNIQUES) {
            Plan plan = Techniques.installed().plan(List.of(id), some.shape(), Budget.count(PathSpeed.FEW), 1);
            all.add(of(id, PathSpeed.FEW, plan, rounds, goOn));
        }
        return all;
    }

    private Again of(String technique, int budget, Plan plan, int rounds, BooleanSupplier goOn) {
        PlanRun run = Visit.run(plan, some);
        try (EncodedImage image = visit.encode(some, run);
                PromptState first = visit.prefill(some, image, run)) {
            Turns turns = new Turns()
                    .task("encode", () -> visit.encode(some, run).close())
                    .task("read", () -> visit.prefill(some, image, run).close())
                    .task("second", () -> Visit.askAgain(some, first))
                    .run(rounds, goOn);
            return new Again(
                    technique,
                    budget,
                    turns.each(t -> times * t.seconds("second")),
                    turns.each(t -> times * t.seconds("second") / (t.seconds("encode") + times * t.seconds("read"))));
        }
    }
}
