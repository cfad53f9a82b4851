package dev.fovea.eval.steer;

import dev.fovea.eval.Proportion;
import dev.fovea.eval.bench.Paired;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How models answer where the truth conflicts with their {@linkplain Prior prior}, and where it does not. The first
 * contestant is what the others are held against, question by question.
 */
public final class Conflicts {

    /**
     * One answer.
     *
     * @param picture questions about the same one are not independent
     * @param conflicting whether the prior is wrong
     * @param score 0 for wrong to 1 for right
     * @param prior whether it says what the prior says
     */
    private record Answered(String picture, boolean conflicting, double score, boolean prior) {}

    /**
     * A contestant on one kind of question.
     *
     * @param right share of right answers
     * @param prior share of answers that say what the prior says
     * @param against how much more is right than of the first contestant; null of itself, and where there is no question
     * @param lessPrior how much less often it says what the prior says than the first contestant; likewise
     */
    public record Side(
            Proportion right,
            Proportion prior,
            @Nullable Paired against,
            @Nullable Paired lessPrior) {}

    private final Map<String, List<Answered>> answers = new LinkedHashMap<>();

    /** Adds an answer; all contestants answer the same questions in the same order. */
    public void add(String contestant, String picture, boolean conflicting, double score, boolean prior) {
        answers.computeIfAbsent(contestant, fresh -> new ArrayList<>())
                .add(new Answered(picture, conflicting, score, prior));
    }

    /** The contestants, in the order in which they came. */
    public List<String> contestants() {
        return List.copyOf(answers.keySet());
    }

    /** Questions that every contestant has answered. */
    public int questions() {
        return answers.values().stream().mapToInt(List::size).min().orElse(0);
    }

    /** How a contestant does on questions that conflict with the prior, or that do not. */
    public Side side(String contestant, boolean conflicting) {
        List<Answered> own = answers.getOrDefault(contestant, List.of());
        String opponent = answers.keySet().iterator().next();
        List<Answered> first = answers.getOrDefault(opponent, List.of());
        double right = 0;
        int prior = 0;
        int n = 0;
        List<Paired.Pair> scores = new ArrayList<>();
        List<Paired.Pair> priors = new ArrayList<>();
        for (int i = 0; i < questions(); i++) {
            Answered mine = own.get(i);
            Answered theirs = first.get(i);
            if (mine.conflicting != conflicting) {
                continue;
            }
            n++;
            right += mine.score;
            prior += mine.prior ? 1 : 0;
            scores.add(new Paired.Pair(mine.picture, mine.score - theirs.score));
            priors.add(new Paired.Pair(mine.picture, (theirs.prior ? 1 : 0) - (mine.prior ? 1 : 0)));
        }
        boolean paired = !contestant.equals(opponent) && n > 0;
        return new Side(
                new Proportion(right, n),
                new Proportion(prior, n),
                paired ? Paired.of(scores) : null,
                paired ? Paired.of(priors) : null);
    }
}
