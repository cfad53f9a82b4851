package dev.fovea.cli.speed;

import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Everything that {@code fovea speed} measures, in order. */
public final class SpeedSuite {
    private static final Set<String> NAMED = Set.of("fastv", "hiprune", "vtc-cls");
    private static final int QUICK_ROUNDS = 3;
    private static final int ROUNDS = 9;
    private static final int DECODE_ROUNDS = 3;
    private static final int SELECTION_ROUNDS = 3;
    private static final int STARTS = 3;

    private SpeedSuite() {}

    /**
     * Measures.
     *
     * @param quick few rounds and only the techniques that bounds are stated for
     * @param home folder of the installation, for the default model
     * @param stage told what is being done
     * @param goOn asked now and then whether to go on
     * @return the figures, or nothing if told to stop
     */
    public static Optional<SpeedReport> run(boolean quick, Path home, Consumer<String> stage, BooleanSupplier goOn) {
        int rounds = quick ? QUICK_ROUNDS : ROUNDS;
        stage.accept("matrix products");
        double f32 = Machine.rate(DType.F32, rounds);
        double bf16 = Machine.rate(DType.BF16, rounds);
        DType dtype = bf16 > f32 ? DType.BF16 : DType.F32;
        stage.accept("weights of three layers");
        try (RandomLlava sizes = new RandomLlava(dtype);
                Machine machine = new Machine(dtype);
                Visit visit = new Visit()) {
            PathSpeed path = new PathSpeed(sizes, machine, visit);
            stage.accept("prefill");
            PathSpeed.Prefill prefill = path.prefill(rounds, goOn);
            stage.accept("decode");
            PathSpeed.Decode decode = path.decode(DECODE_ROUNDS * rounds, goOn);
            List<SelectionCost.Cost> selection = new ArrayList<>();
            SelectionCost cost = new SelectionCost(sizes, visit);
            for (Technique technique : Techniques.installed().all()) {
                if (!quick || NAMED.contains(technique.card().id())) {
                    stage.accept("selection by " + technique.card().id());
                    selection.add(cost.of(technique, SELECTION_ROUNDS, goOn));
                }
            }
            stage.accept("start");
            return Optional.of(new SpeedReport(
                    f32, bf16, dtype, prefill, decode, List.copyOf(selection), ColdStart.measure(home, STARTS)));
        } catch (Turns.Stopped e) {
            return Optional.empty();
        }
    }
}
