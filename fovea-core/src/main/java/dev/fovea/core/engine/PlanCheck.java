package dev.fovea.core.engine;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import org.jspecify.annotations.Nullable;

/** Refuses, before anything runs, a plan that asks a model for what it does not have. */
public final class PlanCheck {
    private final Plan plan;
    private final ModelShape shape;

    private PlanCheck(Plan plan, ModelShape shape) {
        this.plan = plan;
        this.shape = shape;
    }

    /** @throws IllegalArgumentException with one sentence that names the technique and what the model lacks */
    public static void check(Plan plan, ModelShape shape) {
        PlanCheck check = new PlanCheck(plan, shape);
        for (Step step : plan.steps()) {
            check.station(step.station());
            if (step.station() instanceof Station.Weights && !step.needs().isEmpty()) {
                throw check.fault("needs " + step.needs().getFirst() + " at "
                        + step.station().label() + ", where nothing has been computed yet");
            }
            step.needs().forEach(signal -> check.signal(step.station(), signal));
        }
    }

    private void station(Station station) {
        if (!shape.hasLanguageModel() && station.order() >= new Station.Connector().order()) {
            throw fault("acts at " + station.label() + ", but this model ends with its encoder");
        }
        switch (station) {
            case Station.Weights ignored -> {}
            case Station.Framing ignored -> {}
            case Station.Patches ignored -> {}
            case Station.EncoderAttention s -> encoderStation(s, s.layer());
            case Station.EncoderOutput s -> encoderStation(s, s.layer());
            case Station.Decoder s -> range(s.label(), s.layer(), shape.decoderLayers(), "decoder");
            case Station.Attention s -> range(s.label(), s.layer(), shape.decoderLayers(), "decoder");
            case Station.Residual s -> range(s.label(), s.layer(), shape.decoderLayers(), "decoder");
            case Station.Connector ignored -> {}
            case Station.Projector ignored -> {}
            case Station.Embeddings ignored -> {
                if (Plans.readsPicturesFirst(plan)) {
                    throw fault("rewrites the words of a prompt as they enter the language model, but has them read"
                            + " behind what is left of the pictures, where none of them passes; use one of the two");
                }
            }
            case Station.Prompt ignored -> {}
            case Station.Cache s -> {
                range(s.label(), s.layer(), shape.decoderLayers(), "decoder");
                if (s.behind() == Station.Behind.PICTURES && shape.traits().promptSeesItself()) {
                    throw fault(
                            "reads pictures before the words behind them, but the tokens of a prompt to this model see"
                                    + " each other both ways, so that no part of it can be read alone");
                }
            }
            case Station.Logits ignored -> {}
        }
    }

    private void encoderStation(Station station, int layer) {
        range(station.label(), layer, shape.encoderLayers(), "encoder");
        if (layer >= shape.featureLayers()) {
            throw fault("acts at " + station.label() + ", but the features of this model are taken after "
                    + shape.featureLayers() + " encoder layers, so that nothing there can matter");
        }
    }

    private void signal(Station station, Signal<?> signal) {
        @Nullable
        String lack = switch (signal) {
            case Signal.PictureSize ignored ->
                only(
                        station,
                        beforeEncoder(station) || atConnector(station),
                        "a station before the encoder or the connector");
            case Signal.EncoderAttention s -> {
                range(s.toString(), s.layer(), shape.encoderLayers(), "encoder");
                yield s.queries() == Signal.EncoderQueries.CLS && !shape.hasCls()
                        ? "an encoder with a class token"
                        : tooEarly(station, s.layer());
            }
            case Signal.EncoderAttentionMap s -> {
                range(s.toString(), s.layer(), shape.encoderLayers(), "encoder");
                yield tooEarly(station, s.layer());
            }
            case Signal.EncoderProjection s -> {
                range(s.toString(), s.layer(), shape.encoderLayers(), "encoder");
                yield tooEarly(station, s.layer());
            }
            case Signal.EncoderHidden s -> {
                range(s.toString(), s.layers(), shape.encoderLayers() + 1, "encoder");
                yield tooEarly(station, station instanceof Station.EncoderOutput ? s.layers() - 1 : s.layers());
            }
            case Signal.TokenSizes ignored -> station instanceof Station.Framing ? "a later station" : null;
            case Signal.EncoderStates ignored ->
                only(
                        station,
                        !beforeEncoder(station) && station.order() < new Station.Connector().order(),
                        "an encoder station");
            case Signal.Features ignored -> only(station, atConnector(station), "the connector");
            case Signal.PictureFeatures ignored -> only(station, atConnector(station), "the connector");
            case Signal.Projected ignored -> only(station, atConnector(station), "the connector");
            case Signal.PatchImageEmbeddings ignored ->
                !shape.hasTextTower() ? "a paired text tower" : beforeConnector(station);
            case Signal.QuestionEmbedding ignored -> shape.hasTextTower() ? null : "a paired text tower";
            case Signal.QuestionPieces ignored -> shape.hasTextTower() ? null : "a paired text tower";
            case Signal.FeatureImageEmbeddings ignored ->
                !shape.hasTextTower() ? "a paired text tower" : only(station, atConnector(station), "the connector");
            case Signal.QuestionTokensMean ignored -> null;
            case Signal.PatchPixels ignored -> null;
            case Signal.DecoderAttention s -> neighbour(station, s.layer());
            case Signal.DecoderProjection s -> neighbour(station, s.layer());
            case Signal.DecoderLastProjection s -> neighbour(station, s.layer());
            case Signal.DecoderInstructionProjection s -> neighbour(station, s.layer());
            case Signal.DecoderInstructionAttention s -> neighbour(station, s.layer());
            case Signal.DecoderAttentionMap s -> neighbour(station, s.layer());
            case Signal.DecoderHidden ignored -> only(station, inPrompt(station), "the prompt and decoder stations");
            case Signal.DecoderPositions ignored -> only(station, inPrompt(station), "the prompt and decoder stations");
            case Signal.Continuations ignored -> only(station, inPrompt(station), "the prompt and decoder stations");
            case Signal.NotedText ignored -> only(station, inPrompt(station), "the prompt and decoder stations");
            case Signal.Noted ignored -> null;
            case Signal.Remembered ignored -> null;
            case Signal.LastStates s -> {
                branch(s.branch(), true);
                yield only(station, station instanceof Station.Residual, "a residual station");
            }
            case Signal.NextLogits ignored -> atLogits(station);
            case Signal.LogProbabilities ignored -> atLogits(station);
            case Signal.LateLogits s -> {
                int layer = s.layer() == Signal.LateLogits.BEFORE_LAYERS ? 0 : s.layer();
                range(s.toString(), layer, shape.decoderLayers(), "decoder");
                yield atLogits(station);
            }
            case Signal.BranchLogProbabilities s -> {
                branch(s.branch(), false);
                yield atLogits(station);
            }
            case Signal.AnswerTokens ignored -> atLogits(station);
        };
        if (lack != null) {
            throw fault("needs " + signal + " at " + station.label() + ", which takes " + lack);
        }
    }

    private static @Nullable String atLogits(Station station) {
        return only(station, station instanceof Station.Logits, "the logits station");
    }

    /**
     * A branch is read as its prompt is, except that words which differ cannot be read behind a prompt's pictures, and
     * that what is read before the prompt is read at once.
     */
    private void branch(Branch branch, boolean before) {
        boolean whole = branch instanceof Branch.Worded || (before && !(branch instanceof Branch.WithoutPictures));
        if (whole && Plans.readsPicturesFirst(plan)) {
            throw fault("reads a second prompt (" + branch.label() + ") at once, but has pictures read before the words"
                    + " behind them; use one of the two");
        }
    }

    private static @Nullable String only(Station station, boolean there, String where) {
        return there ? null : "a step at " + where + ", not at " + station.label();
    }

    private static boolean beforeEncoder(Station station) {
        return station instanceof Station.Framing || station instanceof Station.Patches;
    }

    private static boolean inPrompt(Station station) {
        return station instanceof Station.Embeddings
                || station instanceof Station.Prompt
                || station instanceof Station.Decoder;
    }

    private static boolean atConnector(Station station) {
        return station instanceof Station.Connector || station instanceof Station.Projector;
    }

    private static @Nullable String beforeConnector(Station station) {
        return station.order() < new Station.Connector().order() ? "a step behind the encoder" : null;
    }

    /** Inside the encoder only what has been computed can be seen. */
    private static @Nullable String tooEarly(Station station, int layer) {
        int here = switch (station) {
            case Station.Weights ignored -> -1;
            case Station.Framing ignored -> -1;
            case Station.Patches ignored -> -1;
            case Station.EncoderAttention s -> s.layer();
            case Station.EncoderOutput s -> s.layer();
            default -> Integer.MAX_VALUE;
        };
        return layer > here ? "a later station: that layer has not run yet" : null;
    }

    private static @Nullable String neighbour(Station station, int layer) {
        return station instanceof Station.Decoder here
                        && layer >= 0
                        && (layer == here.layer() || layer == here.layer() - 1)
                ? null
                : "a decoder station at that layer or the next";
    }

    private void range(String what, int layer, int layers, String part) {
        if (layer < 0 || layer >= layers) {
            throw fault("asks for " + what + ", but the " + part + " of this model has " + shape(part) + " layers");
        }
    }

    private int shape(String part) {
        return part.equals("encoder") ? shape.encoderLayers() : shape.decoderLayers();
    }

    private IllegalArgumentException fault(String what) {
        return new IllegalArgumentException("Technique '" + plan.technique() + "' " + what + ".");
    }
}
