package dev.fovea.cli.speed;

import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that {@code fovea speed} measures, in order.
 *
 * @param quick few rounds
 * @param chosen the techniques whose selection is timed
 * @param home folder of the installation, for the default model
 */
public record SpeedSuite(boolean quick, List<Technique> chosen, Path home) {
    private static final Set<String> NAMED = Set.of("fastv", "hiprune", "vtc-cls");
    private static final int QUICK_ROUNDS = 3;
    private static final int ROUNDS = 9;
    private static final int DECODE_ROUNDS = 3;
    private static final int SELECTION_ROUNDS = 3;
    private static final int SPEED_UP_ROUNDS = 3;
    private static final int STARTS = 3;

    /** About how long the parts take against each other, in seconds on two cores. */
    private static final int PRODUCTS_TAKE = 6;

    private static final int WEIGHTS_TAKE = 8;
    private static final int A_ROUND_OF_PREFILL_TAKES = 3;
    private static final int A_ROUND_OF_DECODE_TAKES = 1;
    private static final int SELECTION_TAKES = 10;
    private static final int SPEED_UP_TAKES = 60;
    private static final int START_TAKES = 5;
    private static final int AGAIN_TAKES = 60;
    private static final int A_ROUND_OF_BITS_TAKES = 1;

    /** Told what is being done, and how far it is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * The next part begins.
         *
         * @param what the part
         * @param done the share of the work before it, in units of {@link SpeedSuite#work}
         */
        void at(String what, int done);
    }

    /** The techniques that bounds are stated for. */
    public static List<Technique> named() {
        return Techniques.installed().all().stream()
                .filter(t -> NAMED.contains(t.card().id()))
                .toList();
    }

    /** All the work, in units of about a second. */
    public int work() {
        return PRODUCTS_TAKE
                + WEIGHTS_TAKE
                + rounds() * (A_ROUND_OF_BITS_TAKES + A_ROUND_OF_PREFILL_TAKES + A_ROUND_OF_DECODE_TAKES)
                + chosen.size() * SELECTION_TAKES
                + learned().size() * SPEED_UP_TAKES
                + AGAIN_TAKES
                + START_TAKES;
    }

    /** Those with weights of their own, whose speed-up is more than that of fewer tokens. */
    private List<Technique> learned() {
        return chosen.stream().filter(LearnedTechnique.class::isInstance).toList();
    }

    private int rounds() {
        return quick ? QUICK_ROUNDS : ROUNDS;
    }

    /**
     * Measures.
     *
     * @param goOn asked now and then whether to go on
     * @return the figures, or nothing if told to stop
     */
    public Optional<SpeedReport> run(Progress progress, BooleanSupplier goOn) {
        try {
            return Optional.of(measured(progress, goOn));
        } catch (Turns.Stopped e) {
            return Optional.empty();
        }
    }

    private SpeedReport measured(Progress progress, BooleanSupplier goOn) {
        int rounds = rounds();
        int done = 0;
        // First, because it is what can fail.
        progress.at("start", done);
        ColdStart.@Nullable Times start = ColdStart.measure(home, STARTS);
        progress.at("matrix products", done += START_TAKES);
        double f32 = Machine.rate(DType.F32, rounds);
        double bf16 = Machine.rate(DType.BF16, rounds);
        DType dtype = bf16 > f32 ? DType.BF16 : DType.F32;
        progress.at("weights in few bits", done += PRODUCTS_TAKE);
        List<BitsSpeed.Shape> bits = BitsSpeed.measure(rounds, goOn);
        progress.at("weights of three layers", done += rounds * A_ROUND_OF_BITS_TAKES);
        try (RandomLlava sizes = new RandomLlava(dtype);
                Machine machine = new Machine(dtype);
                Visit visit = new Visit()) {
            PathSpeed path = new PathSpeed(sizes, machine, visit);
            progress.at("prefill", done += WEIGHTS_TAKE);
            PathSpeed.Prefill prefill = path.prefill(rounds, goOn);
            progress.at("decode", done += rounds * A_ROUND_OF_PREFILL_TAKES);
            PathSpeed.Decode decode = path.decode(DECODE_ROUNDS * rounds, goOn);
            progress.at("a second question", done += rounds * A_ROUND_OF_DECODE_TAKES);
            List<SecondQuestion.Again> again =
                    new SecondQuestion(sizes, quick ? 4 : 8, visit).measure(quick ? 1 : SPEED_UP_ROUNDS, goOn);
            done += AGAIN_TAKES;
            List<SelectionCost.Cost> selection = new ArrayList<>();
            SelectionCost cost = new SelectionCost(sizes, visit);
            for (Technique technique : chosen) {
                progress.at("selection by " + technique.card().id(), done);
                selection.add(cost.of(technique, SELECTION_ROUNDS, goOn));
                done += SELECTION_TAKES;
            }
            List<TechniqueSpeed.SpeedUp> speedUps = new ArrayList<>();
            TechniqueSpeed speed = new TechniqueSpeed(sizes, visit);
            for (Technique technique : learned()) {
                progress.at("speed-up by " + technique.card().id(), done);
                speedUps.add(speed.of(technique, SPEED_UP_ROUNDS, goOn));
                done += SPEED_UP_TAKES;
            }
            return new SpeedReport(
                    f32,
                    bf16,
                    dtype,
                    prefill,
                    decode,
                    List.copyOf(selection),
                    List.copyOf(speedUps),
                    start,
                    bits,
                    again);
        }
    }
}
