package dev.fovea.core.technique;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** What can be done with plans: running several together, and asking what they depend on. */
public final class Plans {
    private Plans() {}

    /**
     * One plan that does what all of these do. Plans act at different stations; what one notes stays its own.
     *
     * @throws IllegalArgumentException if two plans claim the same station and layer; names both and the station
     */
    public static Plan compose(List<Plan> plans) {
        List<Plan> acting = plans.stream().filter(p -> !p.steps().isEmpty()).toList();
        if (acting.isEmpty()) {
            return plans.isEmpty() ? Plan.plain() : plans.getFirst();
        }
        if (acting.size() == 1) {
            Plan only = acting.getFirst();
            return new Plan(only.technique(), inPathOrder(only.steps()), only.proportionalAttention());
        }
        Map<Station, Integer> owners = new HashMap<>();
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < acting.size(); i++) {
            Plan plan = acting.get(i);
            for (Step step : plan.steps()) {
                Integer owner = owners.putIfAbsent(step.station(), i);
                if (owner != null && owner != i) {
                    throw new IllegalArgumentException("Techniques '"
                            + acting.get(owner).technique() + "' and '" + plan.technique() + "' both act at station "
                            + step.station().label()
                            + ": move one to another layer with its knobs, or use one of them.");
                }
                steps.add(ownNotes(step, i + ":"));
            }
        }
        return new Plan(
                acting.stream().map(Plan::technique).collect(Collectors.joining("+")),
                inPathOrder(steps),
                acting.stream().anyMatch(Plan::proportionalAttention));
    }

    /**
     * Whether what the plan does to a picture depends on the question. If not, the part of the prompt up to the end of
     * the picture can be kept for the next question. A step inside the language model does not, if it declares signals and
     * all of them are of visual tokens, which see no word behind them; such a step must not decide by how many words
     * follow.
     */
    public static boolean looksAtQuestion(Plan plan) {
        boolean apart = readsPicturesFirst(plan);
        return plan.steps().stream().anyMatch(s -> looksAtQuestion(s, apart));
    }

    /**
     * Whether a step decides what remains of the pictures before the words behind them are read: they are then read over
     * that, and no station of the language model sees them.
     */
    public static boolean readsPicturesFirst(Plan plan) {
        return plan.steps().stream()
                .anyMatch(s -> s.station() instanceof Station.Cache cache && cache.behind() == Station.Behind.PICTURES);
    }

    /**
     * Whether a step rewrites words as they enter the language model: those of another question would have become others,
     * so that nothing of a prompt that was read may be gone on from, but for its answer.
     */
    public static boolean rewritesWords(Plan plan) {
        return plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Embeddings);
    }

    /** The other words in which branches of the plan ask what is asked. */
    public static List<Branch.Worded> worded(Plan plan) {
        List<Branch.Worded> all = new ArrayList<>();
        for (Step step : plan.steps()) {
            for (Signal<?> signal : step.needs()) {
                Branch branch = switch (signal) {
                    case Signal.LastStates of -> of.branch();
                    case Signal.BranchLogProbabilities of -> of.branch();
                    default -> new Branch.Unsteered();
                };
                if (branch instanceof Branch.Worded words && !all.contains(words)) {
                    all.add(words);
                }
            }
        }
        return all;
    }

    /** Whether a step before or inside the encoder depends on the question, so that features cannot be kept. */
    public static boolean encoderLooksAtQuestion(Plan plan) {
        return plan.steps().stream()
                .filter(s -> s.station().order() < new Station.Connector().order())
                .anyMatch(s -> looksAtQuestion(s, false));
    }

    /** Whether a step decides about the size of pictures, so that the originals are needed when they are encoded. */
    public static boolean frames(Plan plan) {
        return plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Framing);
    }

    /** @param apart whether the language model reads the pictures before the words behind them */
    private static boolean looksAtQuestion(Step step, boolean apart) {
        boolean beforeQuestion = switch (step.station()) {
            case Station.Weights ignored -> true;
            case Station.Framing ignored -> true;
            case Station.Patches ignored -> true;
            case Station.EncoderAttention ignored -> true;
            case Station.EncoderOutput ignored -> true;
            case Station.Connector ignored -> true;
            case Station.Projector ignored -> true;
            case Station.Cache cache -> cache.behind() == Station.Behind.PICTURES;
            case Station.Decoder ignored ->
                apart || (!step.needs().isEmpty() && step.needs().stream().allMatch(Plans::ofVisualTokens));
            // What is added may follow from the whole prompt, and hold for its last token alone.
            case Station.Residual ignored -> false;
            default -> apart;
        };
        return !beforeQuestion
                || step.needs().stream()
                        .anyMatch(s -> s instanceof Signal.QuestionEmbedding
                                || s instanceof Signal.QuestionPieces
                                || s instanceof Signal.QuestionTokensMean);
    }

    /** Whether a signal is of pictures and visual tokens alone; what a step noted is of what that step saw. */
    private static boolean ofVisualTokens(Signal<?> signal) {
        return switch (signal) {
            case Signal.DecoderAttention s -> s.queries() == Signal.DecoderQueries.VISUAL;
            case Signal.DecoderHidden s -> s.tokens() == Signal.PromptTokens.VISUAL;
            case Signal.DecoderProjection ignored -> true;
            case Signal.EncoderAttention ignored -> true;
            case Signal.EncoderAttentionMap ignored -> true;
            case Signal.EncoderProjection ignored -> true;
            case Signal.EncoderHidden ignored -> true;
            case Signal.TokenSizes ignored -> true;
            case Signal.PatchPixels ignored -> true;
            case Signal.PatchImageEmbeddings ignored -> true;
            case Signal.Noted ignored -> true;
            default -> false;
        };
    }

    private static List<Step> inPathOrder(List<Step> steps) {
        return steps.stream()
                .sorted(Comparator.comparingLong((Step s) -> s.station().order()))
                .toList();
    }

    /** The same step with its notes under names of its own, so that composed plans cannot read each other's. */
    private static Step ownNotes(Step step, String prefix) {
        List<Signal<?>> needs = new ArrayList<>();
        for (Signal<?> signal : step.needs()) {
            needs.add(renamed(signal, prefix));
        }
        Step.Rule rule = signals -> {
            Outcome outcome = step.rule().decide(new Renaming(signals, prefix));
            return new Outcome(
                    outcome.decision(),
                    outcome.scores(),
                    named(prefix, outcome.notes()),
                    named(prefix, outcome.textNotes()));
        };
        return new Step(step.station(), needs, rule, step.work());
    }

    private static Map<String, float[]> named(String prefix, Map<String, float[]> notes) {
        Map<String, float[]> own = new LinkedHashMap<>();
        notes.forEach((name, values) -> own.put(prefix + name, values));
        return own;
    }

    @SuppressWarnings("unchecked")
    private static <T> Signal<T> renamed(Signal<T> signal, String prefix) {
        // Each is replaced by one of its own kind, so the casts give back the type that came in.
        return switch (signal) {
            case Signal.Noted noted -> (Signal<T>) new Signal.Noted(prefix + noted.name());
            case Signal.NotedText noted -> (Signal<T>) new Signal.NotedText(prefix + noted.name());
            case Signal.LastStates of -> (Signal<T>) new Signal.LastStates(renamed(of.branch(), prefix));
            case Signal.BranchLogProbabilities of ->
                (Signal<T>) new Signal.BranchLogProbabilities(renamed(of.branch(), prefix));
            default -> signal;
        };
    }

    private static Branch renamed(Branch branch, String prefix) {
        return branch instanceof Branch.Masked masked ? new Branch.Masked(prefix + masked.note()) : branch;
    }

    private record Renaming(Signals inner, String prefix) implements Signals {
        @Override
        public <T> T get(Signal<T> signal) {
            return inner.get(renamed(signal, prefix));
        }

        @Override
        public Tensor tensor(Signal<?> signal) {
            return inner.tensor(renamed(signal, prefix));
        }

        @Override
        public boolean training() {
            return inner.training();
        }

        @Override
        public Layout layout() {
            return inner.layout();
        }
    }
}
