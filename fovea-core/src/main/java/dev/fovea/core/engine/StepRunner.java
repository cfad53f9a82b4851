package dev.fovea.core.engine;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Recording;
import dev.fovea.core.path.Rows;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Calls steps: gives each exactly what it declared, checks what it decided, and records both if asked to. */
public final class StepRunner {
    private final String technique;
    private final @Nullable Recording recording;

    StepRunner(String technique, @Nullable Recording recording) {
        this.technique = technique;
        this.recording = recording;
    }

    /**
     * Calls one step.
     *
     * @param prefix put before recorded names, for example {@code image1.}
     * @param index which step of its station it is
     * @param source gives a declared signal
     */
    Outcome run(Step step, String prefix, int index, Layout layout, Function<Signal<?>, Object> source) {
        Map<Signal<?>, Object> given = new HashMap<>();
        for (Signal<?> signal : step.needs()) {
            given.computeIfAbsent(signal, source);
        }
        Outcome outcome = step.rule().decide(new Given(step.station(), layout, given, GradMode.is_enabled()));
        check(step.station(), layout, outcome);
        if (outcome.decision() instanceof Decision.Gate gate && !GradMode.is_enabled()) {
            outcome = new Outcome(gate.hard(), outcome.scores(), outcome.notes(), outcome.textNotes());
        }
        if (recording != null) {
            String name = prefix + step.station().label() + "." + index;
            for (Signal<?> signal : step.needs()) {
                Object value = given.get(signal);
                if (value != null) {
                    recording.addSignal(name + "." + signal, value);
                }
            }
            float[] scores = outcome.scores();
            if (scores != null) {
                recording.add(name + ".scores", scores);
            }
            recording.addDecision(name, outcome.decision());
        }
        return outcome;
    }

    /** @param values as measured: rows may be in native memory, until somebody wants them on the heap */
    private record Given(Station station, Layout layout, Map<Signal<?>, Object> values, boolean training)
            implements Signals {
        @Override
        @SuppressWarnings("unchecked")
        public <T> T get(Signal<T> signal) {
            Object value = values.computeIfPresent(
                    signal, (s, known) -> known instanceof Rows rows ? TensorRows.matrix(rows) : known);
            // The engine fills the map with what each signal promises to deliver.
            return (T) declared(signal, value);
        }

        @Override
        public Tensor tensor(Signal<?> signal) {
            return declared(signal, values.get(signal)) instanceof TensorRows rows
                    ? Tensors.to(rows.values(), DType.F32)
                    : Signals.super.tensor(signal);
        }

        private Object declared(Signal<?> signal, @Nullable Object value) {
            if (value == null) {
                throw new IllegalArgumentException(
                        "The step at " + station.label() + " reads " + signal + " without declaring it.");
            }
            return value;
        }
    }

    private void check(Station station, Layout layout, Outcome outcome) {
        int present = layout.visualCount();
        float[] scores = outcome.scores();
        if (scores != null && scores.length != present) {
            throw fault(station, "gave " + scores.length + " scores for " + present + " visual tokens");
        }
        outcome.notes().forEach((name, values) -> {
            if (values.length != present) {
                throw fault(
                        station,
                        "noted " + values.length + " values of '" + name + "' for " + present + " visual tokens");
            }
        });
        if (station instanceof Station.Framing
                && (scores != null || !outcome.notes().isEmpty())) {
            throw fault(
                    station, "gave scores or notes about patches, which need not be there once the size is decided,");
        }
        outcome.textNotes().forEach((name, values) -> {
            int instruction = layout.instruction().length;
            if (beforeLanguageModel(station) || values.length != instruction) {
                throw fault(
                        station,
                        "noted " + values.length + " values of '" + name + "' for " + instruction
                                + " text tokens after the picture");
            }
        });
        if (!allowed(station, outcome.decision())) {
            throw fault(
                    station,
                    "decided " + outcome.decision().getClass().getSimpleName() + ", which this station cannot do");
        }
        switch (outcome.decision()) {
            case Decision.Keep keep -> {
                checkIndices(station, keep.indices(), present, false);
                checkUnique(station, keep.indices());
            }
            case Decision.Retain retain -> checkAscending(station, retain.tokens(), layout.length());
            case Decision.Merge merge -> {
                // The class token may take part once the encoder is done; a token needs no place of its own
                // only where positions have not been given out.
                checkIndices(station, merge.members(), present, behindEncoder(station));
                checkIndices(station, merge.anchors(), present, beforeLanguageModel(station));
                checkUnique(station, merge.anchors());
            }
            case Decision.Resample resample -> {
                checkIndices(station, resample.anchors(), present, true);
                checkUnique(station, resample.anchors());
            }
            case Decision.Rewrite rewrite -> checkAscending(station, rewrite.at(), layout.length());
            case Decision.Cut cut -> {
                boolean none = cut.rows() == 0 && cut.cols() == 0;
                boolean some = Math.min(cut.rows(), cut.cols()) > 0;
                if (!(none || some) || Math.max(cut.rows(), cut.cols()) > Decision.Cut.MOST) {
                    throw fault(
                            station,
                            "cut a picture into " + cut.rows() + " x " + cut.cols()
                                    + " tiles, of which there must be none or 1 to " + Decision.Cut.MOST
                                    + " along each side,");
                }
            }
            case Decision.Adapt adapt -> {
                for (String name : adapt.ofTiles().byName().keySet()) {
                    if (!name.startsWith(StepBook.ENCODER) || !(station instanceof Station.Weights)) {
                        throw fault(
                                station,
                                "changes '" + name + "' for tiles alone, which only the encoder's weights can be,");
                    }
                }
            }
            case Decision.Gate gate -> {
                if (gate.gates().rows() != present || gate.gates().cols() != 1) {
                    throw fault(
                            station,
                            "gave " + gate.gates().rows() + " x " + gate.gates().cols() + " gates for " + present
                                    + " visual tokens");
                }
            }
            case Decision.Rescale rescale -> {
                if (rescale.factors().length != present) {
                    throw fault(
                            station, "gave " + rescale.factors().length + " factors for " + present + " visual tokens");
                }
            }
            case Decision.Steer steer -> {
                if (!Double.isFinite(steer.strength()) || !finite(steer.vector())) {
                    throw fault(station, "adds a vector that is not of finite numbers to hidden states");
                }
            }
            case Decision.Edges edges -> {
                int tokens = edges.edges().groups().length;
                if (tokens != layout.length()) {
                    throw fault(station, "gave groups of " + tokens + " tokens for " + layout.length() + " tokens");
                }
            }
            default -> {}
        }
    }

    private static boolean allowed(Station station, Decision decision) {
        return switch (decision) {
            case Decision.Unchanged ignored -> true;
            case Decision.Keep ignored -> changesTokens(station) || station instanceof Station.Cache;
            case Decision.Resize ignored -> station instanceof Station.Framing;
            case Decision.Cut ignored -> station instanceof Station.Framing;
            case Decision.Merge ignored -> changesTokens(station) && !(station instanceof Station.Patches);
            case Decision.Append ignored ->
                changesTokens(station)
                        && !(station instanceof Station.Decoder)
                        && !(station instanceof Station.Patches);
            case Decision.Resample ignored -> behindEncoder(station);
            case Decision.Rewrite ignored -> station instanceof Station.Embeddings;
            case Decision.Adapt ignored -> station instanceof Station.Weights || behindEncoder(station);
            case Decision.Speak ignored -> station instanceof Station.Weights;
            case Decision.Gate ignored -> station instanceof Station.Prompt || station instanceof Station.Decoder;
            case Decision.Attend ignored -> station instanceof Station.EncoderOutput;
            case Decision.DropAllVisual ignored ->
                (changesTokens(station) && (behindEncoder(station) || !beforeLanguageModel(station)))
                        || station instanceof Station.Cache;
            case Decision.Retain ignored -> station instanceof Station.Cache;
            case Decision.Rescale ignored -> station instanceof Station.Attention;
            case Decision.Steer ignored -> station instanceof Station.Residual;
            case Decision.Edges ignored -> station instanceof Station.Attention || station instanceof Station.Prompt;
            case Decision.Replace ignored -> station instanceof Station.Logits;
        };
    }

    private static boolean finite(float[] vector) {
        for (float v : vector) {
            if (!Float.isFinite(v)) {
                return false;
            }
        }
        return true;
    }

    private static boolean changesTokens(Station station) {
        return !(station instanceof Station.Weights)
                && !(station instanceof Station.Framing)
                && !(station instanceof Station.Embeddings)
                && !(station instanceof Station.Attention)
                && !(station instanceof Station.Residual)
                && !(station instanceof Station.Cache)
                && !(station instanceof Station.Logits);
    }

    private static boolean behindEncoder(Station station) {
        return station instanceof Station.Connector || station instanceof Station.Projector;
    }

    private static boolean beforeLanguageModel(Station station) {
        return station.order() <= new Station.Projector().order();
    }

    private void checkIndices(Station station, int[] indices, int present, boolean cls) {
        for (int i : indices) {
            if ((i < 0 || i >= present) && !(cls && i == Decision.CLS)) {
                throw fault(station, "named visual token " + i + ", but there are " + present);
            }
        }
    }

    private void checkAscending(Station station, int[] tokens, int length) {
        int before = -1;
        for (int token : tokens) {
            if (token <= before || token >= length) {
                throw fault(
                        station,
                        "named token " + token + " behind " + before + ", but tokens are named in ascending"
                                + " order and there are " + length);
            }
            before = token;
        }
    }

    private void checkUnique(Station station, int[] indices) {
        BitSet seen = new BitSet();
        for (int i : indices) {
            if (i < 0) {
                continue;
            }
            if (seen.get(i)) {
                throw fault(station, "named visual token " + i + " twice");
            }
            seen.set(i);
        }
    }

    private IllegalArgumentException fault(Station station, String what) {
        return new IllegalArgumentException("Technique '" + technique + "' " + what + " at " + station.label() + ".");
    }
}
