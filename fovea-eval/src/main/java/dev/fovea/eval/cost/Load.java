package dev.fovea.eval.cost;

import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How many tokens every part of a model works on for one prompt.
 *
 * @param images pictures in the prompt
 * @param patches of all pictures, as they are embedded
 * @param encoder per encoder layer that runs, the patch tokens of all pictures whose attention it computes
 * @param encoderMlp per encoder layer that runs, the patch tokens of all pictures that reach its MLP: fewer where tokens
 *     are merged between attention and MLP
 * @param projected rows that the connector maps into the language model
 * @param entering per decoder layer, the visual tokens that reach its station, before what is decided there
 * @param decoder per decoder layer, the visual tokens whose keys and values it computes
 * @param cached per decoder layer, those of them that it holds for what follows
 * @param apart whether the words behind the pictures are read over what is held, not over what was computed; words
 *     before the pictures are then counted with those behind them
 * @param merging decoder layers at whose station tokens are merged: what was projected before is projected anew
 * @param text tokens of the prompt that are not visual
 * @param answer tokens of the answer
 * @param own FLOPs of what techniques multiplied by weights of their own
 * @param branches what is read beside the prompt
 */
public record Load(
        int images,
        int patches,
        List<Integer> encoder,
        List<Integer> encoderMlp,
        int projected,
        List<Integer> entering,
        List<Integer> decoder,
        List<Integer> cached,
        boolean apart,
        Set<Integer> merging,
        int text,
        int answer,
        long own,
        List<Ledger.Reading> branches) {

    public Load {
        branches = List.copyOf(branches);
        encoder = List.copyOf(encoder);
        encoderMlp = List.copyOf(encoderMlp);
        entering = List.copyOf(entering);
        decoder = List.copyOf(decoder);
        cached = List.copyOf(cached);
        merging = Set.copyOf(merging);
        if (encoder.size() != encoderMlp.size()
                || entering.size() != decoder.size()
                || cached.size() != decoder.size()) {
            throw new IllegalArgumentException("A load needs one count per layer: " + encoder.size() + " and "
                    + encoderMlp.size() + " encoder layers, " + entering.size() + ", " + decoder.size() + " and "
                    + cached.size() + " decoder layers");
        }
    }

    /**
     * The load of a prompt that was run.
     *
     * @param plan what ran
     * @param ledger what happened
     * @param text tokens of the prompt that are not visual
     * @param answer tokens of the answer
     */
    public static Load of(ModelShape shape, Plan plan, Ledger ledger, int text, int answer) {
        List<Integer> mlp = new ArrayList<>();
        for (int layer = 0; layer < ledger.encoderTokens().size(); layer++) {
            int gone = gone(ledger, new Station.EncoderAttention(layer));
            mlp.add(ledger.encoderTokens().get(layer) - gone);
        }
        List<Integer> held = ledger.decoderTokens();
        List<Integer> entering = new ArrayList<>();
        int before = held.isEmpty() ? 0 : held.getFirst() + gone(ledger, new Station.Decoder(0));
        int prompt = before + gone(ledger, new Station.Prompt());
        for (int count : held) {
            entering.add(before);
            before = count;
        }
        int images = ledger.images().size();
        int cls = shape.hasCls() && !shape.clsInFeatures() ? images : 0;
        int projected = projectsEarly(plan)
                ? cls + prompt + gone(ledger, new Station.Projector()) + goneAfterProjection(plan, ledger)
                : prompt;
        int patches = ledger.images().stream().mapToInt(Ledger.Grid::tokens).sum();
        Load load = new Load(
                images,
                patches,
                ledger.encoderTokens(),
                mlp,
                projected,
                entering,
                held,
                ledger.cachedTokens(),
                Plans.readsPicturesFirst(plan),
                merging(ledger),
                text,
                answer,
                0,
                ledger.branches());
        return load.withOwn(own(plan, ledger, load, prompt));
    }

    /** What the steps that were called multiplied by weights of their own. */
    private static long own(Plan plan, Ledger ledger, Load load, int prompt) {
        int images = Math.max(1, load.images);
        long flops = 0;
        for (Step step : plan.steps()) {
            int visual = standing(step.station(), ledger, load, prompt);
            boolean inPrompt = step.station().order() >= new Station.Embeddings().order();
            int calls = visual == 0 ? 0 : inPrompt ? 1 : images;
            flops += calls * step.work().flops(inPrompt ? visual : visual / images, load.text);
        }
        return flops;
    }

    /** Visual tokens that come to a station, all images together. */
    private static int standing(Station station, Ledger ledger, Load load, int prompt) {
        return switch (station) {
            case Station.Weights ignored -> 0;
            case Station.Framing ignored -> load.patches;
            case Station.Patches ignored -> load.patches;
            case Station.EncoderAttention s -> load.encoder.get(s.layer());
            case Station.EncoderOutput s -> load.encoderMlp.get(s.layer());
            case Station.Connector ignored ->
                prompt + gone(ledger, new Station.Projector()) + gone(ledger, new Station.Connector());
            case Station.Projector ignored -> prompt + gone(ledger, new Station.Projector());
            case Station.Embeddings ignored -> prompt;
            case Station.Prompt ignored -> prompt;
            case Station.Decoder s -> load.entering.get(s.layer());
            case Station.Attention s -> load.decoder.get(s.layer());
            case Station.Residual s -> load.decoder.get(s.layer());
            case Station.Cache ignored -> load.decoder.getLast();
            case Station.Logits ignored -> load.decoder.isEmpty() ? 0 : load.decoder.getLast();
        };
    }

    /** The average over decoder layers of the visual tokens that they hold. */
    public double meanVisual() {
        return decoder.stream().mapToInt(Integer::intValue).average().orElse(0);
    }

    /** The same prompt with another answer. */
    public Load withAnswer(int tokens) {
        return new Load(
                images,
                patches,
                encoder,
                encoderMlp,
                projected,
                entering,
                decoder,
                cached,
                apart,
                merging,
                text,
                tokens,
                own,
                branches);
    }

    private Load withOwn(long flops) {
        return new Load(
                images,
                patches,
                encoder,
                encoderMlp,
                projected,
                entering,
                decoder,
                cached,
                apart,
                merging,
                text,
                answer,
                flops,
                branches);
    }

    /** The load of the plain model. */
    public static Load full(ModelShape shape, int text, int answer) {
        int visual = shape.visualTokens();
        List<Integer> layers = Collections.nCopies(shape.featureLayers(), shape.patches());
        List<Integer> decoder = Collections.nCopies(shape.decoderLayers(), visual);
        return new Load(
                1,
                shape.patches(),
                layers,
                layers,
                visual,
                decoder,
                decoder,
                decoder,
                false,
                Set.of(),
                text,
                answer,
                0,
                List.of());
    }

    /** Whether tokens are projected before all decisions about them are taken. */
    static boolean projectsEarly(Plan plan) {
        return plan.steps().stream()
                .anyMatch(step -> step.station() instanceof Station.Projector || seesProjected(step));
    }

    static boolean seesProjected(Step step) {
        return step.needs().contains(new Signal.Projected());
    }

    /** Tokens that a connector step dropped after it, or one before it, had asked for projected tokens. */
    private static int goneAfterProjection(Plan plan, Ledger ledger) {
        boolean asked = plan.steps().stream()
                .anyMatch(step -> step.station() instanceof Station.Connector && seesProjected(step));
        return asked ? gone(ledger, new Station.Connector()) : 0;
    }

    private static Set<Integer> merging(Ledger ledger) {
        Set<Integer> layers = new HashSet<>();
        for (int layer = 0; layer < ledger.decoderTokens().size(); layer++) {
            String label = new Station.Decoder(layer).label();
            boolean merged = ledger.tokens().stream()
                    .flatMap(t -> t.events().stream())
                    .anyMatch(e -> e.fate() == Ledger.Fate.MERGED && e.station().equals(label));
            if (merged) {
                layers.add(layer);
            }
        }
        return layers;
    }

    private static int gone(Ledger ledger, Station station) {
        String label = station.label();
        int count = 0;
        for (Ledger.Token token : ledger.tokens()) {
            for (Ledger.Event event : token.events()) {
                if (event.station().equals(label) && event.fate() != Ledger.Fate.KEPT) {
                    count++;
                }
            }
        }
        return count;
    }
}
