package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import dev.fovea.world.Reference.Attribute;
import dev.fovea.world.SceneObject.TextKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions for one attribute of one object: colour, shape, text. */
final class AttributeQuestions {
    private AttributeQuestions() {}

    static @Nullable Question colour(Asking asking) {
        SceneObject o = asking.any();
        if (o.shape() == Shape.SIGN) {
            return null;
        }
        Reference reference = Reference.unique(asking.scene(), o, asking.dice(), Attribute.COLOUR);
        if (reference == null) {
            return null;
        }
        String text = Phrases.fill(Phrases.COLOUR, asking.dice(), reference.words());
        return new Question(Skill.COLOUR, "colour", text, o.colour().word()).about(o);
    }

    static @Nullable Question shape(Asking asking) {
        SceneObject o = asking.any();
        if (o.shape() == Shape.SIGN) {
            return null;
        }
        Reference reference = Reference.unique(asking.scene(), o, asking.dice(), Attribute.SHAPE);
        if (reference == null) {
            return null;
        }
        if (reference.text() != null && asking.dice().chance(0.7)) {
            String carried = (o.textKind() == TextKind.DIGIT ? "digit " : "letter ") + reference.text();
            String text = Phrases.fill(Phrases.SHAPE_BY_TEXT, asking.dice(), carried);
            return new Question(Skill.SHAPE, "shape by text", text, o.shape().word()).about(o);
        }
        String text = Phrases.fill(Phrases.SHAPE, asking.dice(), reference.words());
        return new Question(Skill.SHAPE, "shape", text, o.shape().word()).about(o);
    }

    static @Nullable Question reading(Asking asking) {
        SceneObject o = asking.any();
        String written = o.text();
        if (written == null) {
            return null;
        }
        if (o.shape() == Shape.SIGN) {
            return new Question(Skill.READING, "sign", asking.dice().pick(Phrases.SIGN), written).about(o);
        }
        Reference reference = Reference.unique(asking.scene(), o, asking.dice(), Attribute.TEXT);
        if (reference == null) {
            return null;
        }
        boolean digit = o.textKind() == TextKind.DIGIT;
        List<String> wordings = digit ? Phrases.DIGIT : Phrases.LETTER;
        String text = Phrases.fill(wordings, asking.dice(), reference.words());
        return new Question(Skill.READING, digit ? "digit" : "letter", text, written).about(o);
    }
}
