package dev.fovea.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.world.Question;
import dev.fovea.world.Skill;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldOutTest {

    @Test
    void asksExactlyAsMuchAsWantedAndAlwaysTheSame() {
        List<String> first = texts(new HeldOut(0, 37, false));
        assertThat(first).hasSize(37).isEqualTo(texts(new HeldOut(0, 37, false)));
        assertThat(first).isNotEqualTo(texts(new HeldOut(1, 37, false)));
    }

    @Test
    void seedsLieAboveThoseOfTrainingAndEvaluationsShareNone() {
        Set<Long> seeds = new HashSet<>();
        for (int evaluation = 0; evaluation < 3; evaluation++) {
            new HeldOut(evaluation, 20, false).forEach(item -> {
                assertThat(item.seed()).isGreaterThan(7_999_999_999L);
                return assertThat(seeds.add(item.seed())).isTrue() != null;
            });
        }
    }

    @Test
    void blindQuestionsAreTheSameOverAGreyPicture() {
        assertThat(texts(new HeldOut(0, 12, true))).isEqualTo(texts(new HeldOut(0, 12, false)));
        new HeldOut(0, 4, true).forEach(item -> {
            assertThat(item.image().rgb()).containsOnly(128);
            return true;
        });
    }

    @Test
    void everySkillComesUp() {
        Set<Skill> skills = new HashSet<>();
        new HeldOut(0, 200, true).forEach(item -> {
            item.questions().forEach(q -> skills.add(q.skill()));
            return true;
        });
        assertThat(skills).containsExactlyInAnyOrderElementsOf(Skill.ALL);
    }

    @Test
    void stopsWhenTheVisitorHasSeenEnough() {
        List<Long> seen = new ArrayList<>();
        new HeldOut(0, 100, true).forEach(item -> {
            seen.add(item.seed());
            return false;
        });
        assertThat(seen).hasSize(1);
    }

    @Test
    void trueAnswersScoreFullAndWrongOnesNothing() {
        Score right = new Score();
        Score wrong = new Score();
        new HeldOut(0, 60, true).forEach(item -> {
            item.questions().forEach(q -> {
                right.add(q, q.answer());
                wrong.add(q, "no idea at all");
            });
            return true;
        });
        assertThat(right.total()).isEqualTo(new Proportion(60, 60));
        assertThat(wrong.total().correct()).isZero();
        assertThat(right.bySkill().values().stream().mapToInt(Proportion::n).sum()).isEqualTo(60);
    }

    @Test
    void limitsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new HeldOut(0, 0, false)).hasMessageContaining("limit");
        assertThatThrownBy(() -> new HeldOut(-1, 5, false)).hasMessageContaining("seed");
    }

    private static List<String> texts(HeldOut questions) {
        List<String> texts = new ArrayList<>();
        questions.forEach(item -> {
            item.questions().stream().map(Question::text).forEach(texts::add);
            return true;
        });
        return texts;
    }
}
