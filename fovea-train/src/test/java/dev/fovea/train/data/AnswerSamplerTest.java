package dev.fovea.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.train.text.WorldTokenizer;
import dev.fovea.world.Captions;
import dev.fovea.world.PatchLabels;
import dev.fovea.world.Scene;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Scenes;
import dev.fovea.world.Skill;
import dev.fovea.world.Told;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswerSamplerTest {

    private static AnswerSampler sampler(
            int visual, int text, double captions, double chained, double renumbered, Skill... extra) {
        AnswerSampler.Settings settings = new AnswerSampler.Settings(
                4, visual, text, captions, chained, renumbered, visual > 200, List.of(extra));
        return new AnswerSampler(SceneOptions.defaults(), settings, Worlds.TOKENIZER, 70_000);
    }

    private static int[] row(int[] all, int s, int width) {
        return Arrays.copyOfRange(all, s * width, (s + 1) * width);
    }

    @Test
    void aNumberGivesTheSameBatchAgainAndAnotherNumberAnother() {
        AnswerBatch a =
                sampler(40, 150, 0.5, 0.3, 0.3, Skill.RELATION, Skill.RELATION).batch(3);
        AnswerBatch b =
                sampler(40, 150, 0.5, 0.3, 0.3, Skill.RELATION, Skill.RELATION).batch(3);
        assertThat(b.tokens()).isEqualTo(a.tokens());
        assertThat(b.positions()).isEqualTo(a.positions());
        assertThat(b.patches()).isEqualTo(a.patches());
        assertThat(b.segments()).isEqualTo(a.segments());
        assertThat(b.targets().rows()).isEqualTo(a.targets().rows());
        assertThat(sampler(40, 150, 0.5, 0.3, 0.3, Skill.RELATION, Skill.RELATION)
                        .batch(4)
                        .tokens())
                .isNotEqualTo(a.tokens());
    }

    @Test
    void everyTargetIsTheTokenThatFollowsItsRow() {
        AnswerBatch b =
                sampler(40, 150, 0.5, 0.3, 0.5, Skill.RELATION, Skill.RELATION).batch(0);
        int prefix = AnswerBatch.LEAD + b.visual();
        AnswerBatch.Targets t = b.targets();
        assertThat(t.rows()).hasSizeGreaterThan(20);
        for (int i = 0; i < t.rows().length; i++) {
            int s = t.rows()[i] / b.length();
            int at = t.rows()[i] % b.length() - prefix;
            assertThat(b.tokens()[s * b.text() + at + 1]).isEqualTo(t.ids()[i]);
            assertThat(b.segments()[s * b.text() + at + 1]).isEqualTo(b.segments()[s * b.text() + at]);
        }
    }

    @Test
    void answersReadAsTheyWereGivenAndEndWithTheEnd() {
        AnswerBatch b = sampler(40, 150, 0, 0, 0).batch(1);
        AnswerBatch.Targets t = b.targets();
        for (int a = 0; a < t.asked().size(); a++) {
            int answer = a;
            long[] ids = IntStream.range(0, t.rows().length)
                    .filter(i -> t.answer()[i] == answer)
                    .mapToLong(i -> t.ids()[i])
                    .toArray();
            assertThat(ids[ids.length - 1]).isEqualTo(WorldTokenizer.EOS);
            assertThat(Worlds.TOKENIZER.decode(Arrays.copyOf(ids, ids.length - 1)))
                    .isEqualTo(t.asked().get(a).answer());
        }
    }

    @Test
    void everyQuestionStartsAtThePositionBehindThePicture() {
        for (double renumbered : new double[] {0, 1}) {
            AnswerBatch b = sampler(40, 150, 0, 0, renumbered).batch(2);
            int behind = AnswerBatch.LEAD + (renumbered == 1 ? 40 : 256);
            for (int s = 0; s < b.samples(); s++) {
                int[] positions = row(b.positions(), s, b.length());
                int[] segments = row(b.segments(), s, b.text());
                assertThat(positions[0]).isZero();
                assertThat(positions[1]).isEqualTo(1);
                for (int i = 0; i < 40; i++) {
                    int expected = renumbered == 1 ? i : b.patches()[s * 40 + i];
                    assertThat(positions[AnswerBatch.LEAD + i]).isEqualTo(AnswerBatch.LEAD + expected);
                }
                int next = behind;
                for (int i = 0; i < b.text() && segments[i] >= 0; i++) {
                    next = i > 0 && segments[i] == segments[i - 1] ? next + 1 : behind;
                    assertThat(positions[AnswerBatch.LEAD + 40 + i]).isEqualTo(next);
                }
            }
        }
    }

    @Test
    void chainedQuestionsShareASegmentAndGoOn() {
        AnswerBatch b = sampler(40, 150, 0, 1, 0).batch(0);
        for (int s = 0; s < b.samples(); s++) {
            int[] segments = row(b.segments(), s, b.text());
            int[] tokens = row(b.tokens(), s, b.text());
            int used = (int) Arrays.stream(segments).filter(x -> x >= 0).count();
            assertThat(Arrays.stream(segments).limit(used)).containsOnly(segments[0]);
            assertThat(tokens[used - 1]).isEqualTo(WorldTokenizer.EOS);
            for (int i = 0; i < used - 1; i++) {
                if (tokens[i] == WorldTokenizer.EOS) {
                    assertThat(tokens[i + 1])
                            .as("behind an answer the user speaks again")
                            .isEqualTo(WorldTokenizer.USER);
                }
                assertThat(b.positions()[s * b.length() + AnswerBatch.LEAD + 40 + i])
                        .isEqualTo(258 + i);
            }
        }
    }

    @Test
    void paddingBelongsToNoQuestion() {
        AnswerBatch b = sampler(40, 150, 0.5, 0.2, 0).batch(5);
        for (int i = 0; i < b.tokens().length; i++) {
            assertThat(b.segments()[i] < 0).isEqualTo(b.tokens()[i] == WorldTokenizer.PAD);
        }
    }

    @Test
    void chosenPatchesAreInOrderAndHoldEveryCentre() {
        AnswerBatch b = sampler(40, 150, 0, 0, 0).batch(6);
        for (int s = 0; s < b.samples(); s++) {
            int[] chosen = row(b.patches(), s, 40);
            assertThat(chosen).isSorted().doesNotHaveDuplicates();
            PatchLabels labels = b.scenes().get(s).labels();
            List<Integer> centres = new ArrayList<>();
            for (int p = 0; p < labels.centre().length; p++) {
                if (labels.centre()[p] >= 0) {
                    centres.add(p);
                }
            }
            assertThat(chosen)
                    .contains(centres.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void allPatchesComeWithTheirPixels() {
        AnswerBatch b = sampler(1000, 60, 0, 0, 0).batch(0);
        assertThat(b.visual()).isEqualTo(256);
        assertThat(row(b.patches(), 1, 256))
                .containsExactly(IntStream.range(0, 256).toArray());
        assertThat(b.scenes().getFirst().pixels()).hasSize(256 * 588);
    }

    @Test
    void extraQuestionsAreMixedIn() {
        long plain = relations(sampler(40, 150, 0, 0, 0));
        long more = relations(sampler(40, 150, 0, 0, 0, Skill.RELATION, Skill.RELATION));
        assertThat(more).isGreaterThan(plain);
    }

    private static long relations(AnswerSampler sampler) {
        return IntStream.range(0, 6)
                .mapToObj(sampler::batch)
                .flatMap(b -> b.targets().asked().stream())
                .filter(q -> q.skill() == Skill.RELATION)
                .count();
    }

    /** Descriptions stand alone behind a picture, and say nothing else than what is there. */
    @Test
    void descriptionsAreTrueAndComplete() {
        AnswerSampler.Settings settings = new AnswerSampler.Settings(8, 40, 300, 1, 0.5, 0, false, List.of());
        AnswerBatch b = new AnswerSampler(
                        SceneOptions.defaults(), settings, Descriptions.BRIEF_AND_FULL, Worlds.TOKENIZER, 70_000)
                .batch(0);
        assertThat(b.targets().asked()).isEmpty();
        assertThat(b.targets().answer()).containsOnly(-1);
        int full = 0;
        for (int s = 0; s < b.samples(); s++) {
            Scene scene = Scenes.generate(70_000 + s, SceneOptions.defaults());
            List<String> answers = answers(b, s);
            assertThat(answers.getFirst()).isEqualTo(Captions.named(scene));
            full += answers.size() - 1;
            for (String said : answers) {
                Told told = Told.of(scene, said);
                assertThat(told.found()).as(said).isEqualTo(scene.objects().size());
                assertThat(told.things()).as(said).hasSize(scene.objects().size());
            }
        }
        assertThat(full).isBetween(1, 5);
    }

    /** What is answered behind a picture, without the end tokens. */
    private static List<String> answers(AnswerBatch b, int s) {
        List<String> all = new ArrayList<>();
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < b.targets().rows().length; i++) {
            if (b.targets().rows()[i] / b.length() == s) {
                if (b.targets().ids()[i] == WorldTokenizer.EOS) {
                    all.add(Worlds.TOKENIZER.decode(
                            words.stream().mapToLong(Long::longValue).toArray()));
                    words.clear();
                } else {
                    words.add((long) b.targets().ids()[i]);
                }
            }
        }
        return all;
    }
}
