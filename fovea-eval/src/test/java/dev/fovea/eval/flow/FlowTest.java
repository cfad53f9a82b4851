package dev.fovea.eval.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.PromptTokens;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The arithmetic of the analysis, and what can be typed wrongly. */
class FlowTest {

    /** The windows of the paper's code for 32 layers and nine at a time; and even ones, which reach further down. */
    @ParameterizedTest
    @CsvSource({
        "0, 9, 32, 0, 4",
        "3, 9, 32, 0, 7",
        "16, 9, 32, 12, 20",
        "30, 9, 32, 26, 31",
        "31, 9, 32, 27, 31",
        "5, 1, 6, 5, 5",
        "2, 4, 6, 0, 3",
        "3, 6, 6, 0, 5"
    })
    void windowsAreCutAtTheEnds(int centre, int size, int layers, int first, int last) {
        assertThat(LayerWindow.around(centre, size, layers)).isEqualTo(new LayerWindow(first, last));
    }

    @ParameterizedTest
    @CsvSource({"32, 9", "40, 9", "28, 7", "24, 7", "16, 5", "12, 3", "8, 3", "6, 1", "1, 1"})
    void theUsualWindowIsTheSamePartOfFewerLayers(int layers, int window) {
        assertThat(LayerWindow.usual(layers)).isEqualTo(window);
    }

    @Test
    void windowsAndLayersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> LayerWindow.check(0, 6))
                .hasMessage("The window is 0 layers; give a number from 1 to the 6 that the language model has.");
        assertThatThrownBy(() -> LayerWindow.check(7, 6)).hasMessageContaining("The window is 7 layers");
        assertThatThrownBy(() -> LayerWindow.around(6, 1, 6))
                .hasMessage("There is no layer 6; the language model has 6, numbered from 0 to 5.");
    }

    @Test
    void aDropIsToldInPercent() {
        assertThat(Knockout.change(0.6, 0.3)).isCloseTo(-50, within(1e-4));
        assertThat(Knockout.change(0.25, 0.5)).isCloseTo(100, within(1e-4));
        assertThat(Knockout.change(0.6, 0.6)).isZero();
    }

    @Test
    void probabilitiesAreASoftmax() {
        float[] logits = {1, 2, 3};
        assertThat(Knockout.probability(logits, 2)).isCloseTo(0.6652, within(1e-4));
        assertThat(Knockout.probability(new float[] {1000, -1000}, 0)).isEqualTo(1);
    }

    /** Two words, four tokens of a picture of which the third ends a row, a question of two words, two of a template. */
    @Test
    void groupsOfAPrompt() {
        PromptTokens tokens = new PromptTokens(
                10, new int[] {2, 3, 4, 5}, new int[] {6, 7}, new int[] {-1, -1, 0, 1, -1, 2, -1, -1, -1, -1});
        int[] related = {3};
        assertThat(TokenGroup.PICTURE.places(tokens, related)).containsExactly(2, 3, 4, 5);
        assertThat(TokenGroup.RELATED.places(tokens, related)).containsExactly(3);
        assertThat(TokenGroup.OTHER.places(tokens, related)).containsExactly(2, 5);
        assertThat(TokenGroup.QUESTION.places(tokens, related)).containsExactly(6, 7);
        assertThat(TokenGroup.LAST.places(tokens, related)).containsExactly(9);
        assertThat(TokenGroup.TEMPLATE.places(tokens, related)).containsExactly(0, 1, 8);
    }

    @Test
    void edgesAreTypedAsTwoGroups() {
        assertThat(FlowEdge.parse(List.of("picture:question", "Last:last")))
                .containsExactly(
                        new FlowEdge(TokenGroup.PICTURE, TokenGroup.QUESTION),
                        new FlowEdge(TokenGroup.LAST, TokenGroup.LAST));
        assertThat(FlowEdge.USUAL.getFirst().label()).isEqualTo("picture → question");
        assertThatThrownBy(() -> FlowEdge.parse(List.of("pictur:question")))
                .hasMessage(
                        "There is no group of tokens 'pictur' (did you mean 'picture'?); name one of picture, related,"
                                + " other, question, last, template.");
        assertThatThrownBy(() -> FlowEdge.parse(List.of("picture")))
                .hasMessage("'picture' is no edge; name two groups of tokens, the one that is looked at first, as in"
                        + " picture:question.");
        assertThatThrownBy(() -> FlowEdge.parse(List.of("last:last", "last:last")))
                .hasMessageContaining("The edge last:last is named twice");
        assertThatThrownBy(() -> new FlowOptions(FlowEdge.OF_PARTS, 1, false).check(4, false))
                .hasMessageContaining("The edge related:question parts the picture");
    }
}
