package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.tensor.DType;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Questions of any length in the shared space. */
class TextTowerTest {
    private static TextTower tower;

    @BeforeAll
    static void open() {
        tower = TextTower.open(Path.of("src/test/resources/golden/clip"), DType.F32);
    }

    @AfterAll
    static void close() {
        tower.close();
    }

    @Test
    void aShortQuestionIsOnePiece() {
        Matrix pieces = tower.pieces("a red circle");
        assertThat(pieces.rows()).isEqualTo(1);
        assertThat(pieces.row(0)).containsExactly(tower.embed("a red circle"), offset(1e-6f));
    }

    /** Pieces of 32 tokens, begin and end of text counted: 32 are one piece, 33 are two. */
    @Test
    void aLongQuestionIsCutWhereTheTowerEnds() {
        StringBuilder text = new StringBuilder();
        int length = 0;
        while (length < 70) {
            text.append(text.isEmpty() ? "a" : " a");
            length = tower.tokenizer().encode(text.toString(), true).length;
            assertThat(tower.pieces(text.toString()).rows()).isEqualTo((length - 1) / 32 + 1);
        }
        assertThat(tower.pieces(text.toString()).cols()).isEqualTo(24);
    }

    @Test
    void whatAsksForAShortAnswerIsLeftOut() {
        assertThat(tower.pieces("a red circle\nAnswer the question using a single word or phrase.")
                        .data())
                .containsExactly(tower.pieces("a red circle").data());
    }
}
