package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Techniques;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Prefill and decode through the engine, for one layer of the language model: what four layers take more than one. What
 * happens once a pass (embedding, connector, head, the last layer's shortcut) thereby drops out, and is added once for
 * the whole model.
 */
final class PathSpeed {
    /** Visual tokens of the shortened prompt. */
    static final int FEW = 64;

    private static final int DEEP = 4;
    private static final int TOKENS_A_TURN = 2;

    private final RandomLlava sizes;
    private final ModelParts shallow;
    private final ModelParts deep;
    private final Machine machine;
    private final Visit visit;

    PathSpeed(RandomLlava sizes, Machine machine, Visit visit) {
        this.sizes = sizes;
        this.shallow = sizes.withLayers(1);
        this.deep = sizes.withLayers(DEEP);
        this.machine = machine;
        this.visit = visit;
    }

    /**
     * Reading a prompt.
     *
     * @param productRate operations a second of the product beside it
     * @param ofProduct the share of that rate which a layer reaches
     * @param seconds of the whole model, 576 visual tokens
     * @param speedUp layer with 576 visual tokens over layer with 64
     * @param operationsRatio the same of their operations
     * @param fewOfProduct the rate of the product of as many rows as the shortened prompt has, of that of the whole:
     *     what the speed-up could be of the ratio of operations, if layers were products alone
     */
    record Prefill(
            Quartiles productRate,
            Quartiles ofProduct,
            Quartiles seconds,
            Quartiles speedUp,
            double operationsRatio,
            Quartiles fewOfProduct) {
        double speedUpOfRatio() {
            return speedUp.median() / operationsRatio;
        }
    }

    Prefill prefill(int rounds, BooleanSupplier goOn) {
        PlanRun plain = PlanRun.plain();
        PlanRun few = Visit.run(Techniques.installed().plan(List.of("grid"), deep.shape(), Budget.count(FEW), 1), deep);
        try (EncodedImage image = visit.encode(deep, plain)) {
            Turns turns = new Turns()
                    .task("product", machine::multiply)
                    .task("product, few", machine::multiplyFew)
                    .task("shallow", () -> visit.prefill(shallow, image, plain).close())
                    .task("deep", () -> visit.prefill(deep, image, plain).close())
                    .task(
                            "shallow, few",
                            () -> visit.prefill(shallow, image, few).close())
                    .task("deep, few", () -> visit.prefill(deep, image, few).close())
                    .run(rounds, goOn);
            double work = RandomLlava.layerOperations(RandomLlava.VISUAL + Visit.WORDS);
            double fewWork = RandomLlava.layerOperations(FEW + Visit.WORDS);
            return new Prefill(
                    turns.each(t -> Machine.operations() / t.seconds("product")),
                    turns.each(t -> work / layer(t, "") / (Machine.operations() / t.seconds("product"))),
                    turns.each(t -> whole(t, "")),
                    turns.each(t -> layer(t, "") / layer(t, ", few")),
                    work / fewWork,
                    turns.each(t -> Machine.fewOperations()
                            / t.seconds("product, few")
                            / (Machine.operations() / t.seconds("product"))));
        }
    }

    /**
     * Producing tokens one by one behind 640.
     *
     * @param readRate bytes a second of reading memory beside it
     * @param ofRead the share of that rate at which a layer reads its weights and its cache
     * @param tokensPerSecond of the whole model
     */
    record Decode(Quartiles readRate, Quartiles ofRead, Quartiles tokensPerSecond) {}

    Decode decode(int rounds, BooleanSupplier goOn) {
        PlanRun plain = PlanRun.plain();
        try (EncodedImage image = visit.encode(deep, plain);
                PromptState one = visit.prefill(shallow, image, plain);
                PromptState four = visit.prefill(deep, image, plain)) {
            Turns turns = new Turns()
                    .task(Machine.SUM, machine::readBySum)
                    .task("shallow", () -> tokens(shallow, one))
                    .task(Machine.PRODUCT, machine::readByProduct)
                    .task("deep", () -> tokens(deep, four))
                    .run(Math.min(rounds, Visit.ROOM / TOKENS_A_TURN - 1), goOn);
            String quickest = turns.each(t -> t.seconds(Machine.SUM)).median()
                            < turns.each(t -> t.seconds(Machine.PRODUCT)).median()
                    ? Machine.SUM
                    : Machine.PRODUCT;
            int size = sizes.dtype().bytes();
            double cache = 2.0 * (RandomLlava.VISUAL + Visit.WORDS) * RandomLlava.WIDTH * size;
            double bytes = (double) RandomLlava.layerWeights() * size + cache;
            return new Decode(
                    turns.each(t -> Machine.bytes() / t.seconds(quickest)),
                    turns.each(t -> bytes * TOKENS_A_TURN / layer(t, "") / (Machine.bytes() / t.seconds(quickest))),
                    turns.each(t -> TOKENS_A_TURN / whole(t, "")));
        }
    }

    private static void tokens(ModelParts model, PromptState state) {
        for (int i = 0; i < TOKENS_A_TURN; i++) {
            Visit.decode(model, state);
        }
    }

    private static double layer(Turns.Round t, String kind) {
        return (t.seconds("deep" + kind) - t.seconds("shallow" + kind)) / (DEEP - 1);
    }

    private static double whole(Turns.Round t, String kind) {
        return t.seconds("shallow" + kind) + (RandomLlava.LAYERS - 1) * layer(t, kind);
    }
}
