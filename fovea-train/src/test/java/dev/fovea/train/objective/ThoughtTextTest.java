package dev.fovea.train.objective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Wording;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.objective.ThoughtText.Form;
import dev.fovea.train.objective.ThoughtText.Target;
import dev.fovea.train.objective.ThoughtText.Written;
import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Question;
import dev.fovea.world.Skill;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What stands behind a picture of two questions in each stage. */
class ThoughtTextTest {
    private static final int FIRST = 1000;
    private static final int VISUAL = 4;
    private static final int EOS = WorldTokenizer.EOS;
    private static final int SAYS = WorldTokenizer.ASSISTANT;
    private static final Wording WORDING = new Wording(
            List.of("<think>", "</think>", "<answer>", "</answer>", "<thought>", "</thought>", "<seg>", "<depth>"),
            0,
            1,
            2,
            3,
            4,
            5,
            List.of(new Wording.Group("seg", 6, 3), new Wording.Group("depth", 7, 2)),
            40);

    /** Texts become a token each. */
    private static final Map<String, Integer> SAID = new TreeMap<>();

    private static int[] encode(String text) {
        return new int[] {SAID.computeIfAbsent(text, t -> 500 + SAID.size())};
    }

    private static ThoughtText text(@Nullable Wording wording, boolean sentences) {
        return new ThoughtText(wording, FIRST, sentences, ThoughtTextTest::encode);
    }

    /** One picture; "20 21 assistant" with the answer 30, and "22 assistant" with the answer 31 32. */
    private static AnswerBatch batch(long number) {
        int[] tokens = {20, 21, SAYS, 30, EOS, 22, SAYS, 31, 32, EOS, 0};
        int[] segments = {1, 1, 1, 1, 1, 2, 2, 2, 2, 2, -1};
        int before = AnswerBatch.LEAD + VISUAL;
        Question q = new Question(Skill.COUNT, "count", "how many?", "one", List.of(), null, List.of());
        return new AnswerBatch(
                number,
                1,
                VISUAL,
                tokens.length,
                new int[VISUAL],
                tokens,
                new int[before + tokens.length],
                segments,
                new AnswerBatch.Targets(
                        new int[] {before + 2, before + 3, before + 6, before + 7, before + 8},
                        new int[] {30, EOS, 31, 32, EOS},
                        new int[] {0, 0, 1, 1, 1},
                        List.of(q, q)),
                List.of());
    }

    private static List<Integer> learned(Written w) {
        return w.targets().stream().map(Target::id).toList();
    }

    private static void follows(Written w) {
        for (Target t : w.targets()) {
            assertThat(w.words().get(t.at() + 1)).isEqualTo(t.id());
            assertThat(w.branches().get(t.at())).isEqualTo(t.response());
        }
    }

    /** The groups are common to all questions, and nobody learns to write them. */
    @Test
    void comprehension() {
        Written w = text(WORDING, false).of(batch(0), 0, Form.COMPREHENSION);
        assertThat(w.words())
                .containsExactly(
                        1004, 1006, 1006, 1006, 1005, 1004, 1007, 1007, 1005, 20, 21, SAYS, 30, EOS, 22, SAYS, 31, 32,
                        EOS);
        assertThat(w.branches()).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
        assertThat(learned(w)).containsExactly(30, EOS, 31, 32, EOS);
        assertThat(w.held().get(0).at()).containsExactly(1, 2, 3);
        assertThat(w.held().get(1).at()).containsExactly(6, 7);
        follows(w);
    }

    /** The groups are the answer to a question of their own, beside which the others are answered as usual. */
    @Test
    void generation() {
        Written w = text(WORDING, false).of(batch(0), 0, Form.GENERATION);
        int asks = encode("What is the segmentation, depth map of the picture?")[0];
        List<Integer> groups = List.of(1004, 1006, 1006, 1006, 1005, 1004, 1007, 1007, 1005, EOS);
        assertThat(w.words().subList(0, 2)).containsExactly(asks, SAYS);
        assertThat(w.words().subList(2, 12)).isEqualTo(groups);
        assertThat(w.words().subList(12, 22)).containsExactly(20, 21, SAYS, 30, EOS, 22, SAYS, 31, 32, EOS);
        assertThat(w.branches().subList(0, 12)).containsOnly(1);
        assertThat(w.branches().subList(12, 22)).containsExactly(2, 2, 2, 2, 2, 3, 3, 3, 3, 3);
        assertThat(learned(w).subList(0, 10)).isEqualTo(groups);
        assertThat(learned(w).subList(10, 15)).containsExactly(30, EOS, 31, 32, EOS);
        assertThat(w.targets().stream().map(Target::answer)).startsWith(-1, -1).endsWith(0, 0, 1, 1, 1);
        follows(w);
    }

    /** A thought before every answer, whose words are learned; graded is the answer and what closes it. */
    @Test
    void reasoning() {
        Written w = text(WORDING, false).of(batch(0), 0, Form.REASONING);
        int line = encode("\n")[0];
        List<Integer> thought = List.of(1000, 1004, 1006, 1006, 1006, 1005, 1004, 1007, 1007, 1005, 1001, line, 1002);
        assertThat(w.words().subList(0, 3)).containsExactly(20, 21, SAYS);
        assertThat(w.words().subList(3, 16)).isEqualTo(thought);
        assertThat(w.words().subList(16, 21)).containsExactly(30, 1003, EOS, 22, SAYS);
        assertThat(learned(w).subList(0, 13)).isEqualTo(thought);
        assertThat(w.targets().stream().filter(t -> t.answer() == 0).map(Target::id))
                .containsExactly(30, 1003);
        assertThat(w.targets().stream().filter(t -> t.answer() == 1).map(Target::id))
                .containsExactly(31, 32, 1003);
        assertThat(w.held()).hasSize(4);
        assertThat(w.held().get(0).at()).containsExactly(5, 6, 7);
        follows(w);
    }

    @Test
    void sentencesNameTheGroups() {
        Written w = text(WORDING, true).of(batch(0), 0, Form.REASONING);
        assertThat(w.words().subList(3, 18))
                .containsExactly(
                        1000,
                        encode(" Because the segmentation of the image is")[0],
                        1004,
                        1006,
                        1006,
                        1006,
                        1005,
                        encode(", and the depth map of the image is")[0],
                        1004,
                        1007,
                        1007,
                        1005,
                        encode(".")[0],
                        1001,
                        encode("\n")[0]);
        follows(w);
    }

    /** Every subset but the whole order of it; none in one of six; the same whenever a batch comes. */
    @Test
    void efficient() {
        Map<String, Integer> seen = new TreeMap<>();
        for (int number = 0; number < 600; number++) {
            Written w = text(WORDING, false).of(batch(number), 0, Form.EFFICIENT);
            assertThat(learned(w)).isEqualTo(learned(text(WORDING, false).of(batch(number), 0, Form.EFFICIENT)));
            StringBuilder first = new StringBuilder();
            w.targets().stream()
                    .filter(t -> t.response() == 1 && (t.id() == 1006 || t.id() == 1007))
                    .forEach(t -> first.append(t.id() - FIRST));
            seen.merge(first.toString(), 1, Integer::sum);
            follows(w);
        }
        assertThat(new TreeSet<>(seen.keySet())).containsExactly("", "666", "66677", "77");
        // A sixth without; of the others half are of one group, and half of both.
        assertThat(seen.get("")).isBetween(70, 130);
        assertThat(seen.get("66677")).isBetween(200, 300);
        assertThat(seen.get("666")).isBetween(90, 160);
    }

    @Test
    void plainAndWithoutWords() {
        List<Integer> plain = List.of(20, 21, SAYS, 30, EOS, 22, SAYS, 31, 32, EOS);
        assertThat(text(WORDING, false).of(batch(0), 0, Form.PLAIN).words()).isEqualTo(plain);
        for (Form form : Form.values()) {
            assertThat(text(null, false).of(batch(0), 0, form).words()).isEqualTo(plain);
        }
    }
}
