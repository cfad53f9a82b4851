package dev.fovea.cli.eval;

import dev.fovea.world.Grading;
import dev.fovea.world.Question;
import dev.fovea.world.Skill;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Right and wrong answers, counted by skill. */
public final class Score {
    private final Map<Skill, int[]> counts = new EnumMap<>(Skill.class);

    /** Grades an answer and counts it; whether it was right. */
    public boolean add(Question question, String answer) {
        boolean right = Grading.correct(question, answer);
        int[] count = counts.computeIfAbsent(question.skill(), skill -> new int[2]);
        count[0] += right ? 1 : 0;
        count[1]++;
        return right;
    }

    /** All answers together. */
    public Proportion total() {
        int correct = 0;
        int n = 0;
        for (int[] count : counts.values()) {
            correct += count[0];
            n += count[1];
        }
        return new Proportion(correct, n);
    }

    /** The skills that were asked about, in their order. */
    public Map<Skill, Proportion> bySkill() {
        Map<Skill, Proportion> out = new LinkedHashMap<>();
        counts.forEach((skill, count) -> out.put(skill, new Proportion(count[0], count[1])));
        return out;
    }
}
