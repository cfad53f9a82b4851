package dev.fovea.document;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.apache.pdfbox.contentstream.operator.Operator;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.filter.MissingImageReaderException;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.rendering.PDFRenderer;
import org.apache.pdfbox.rendering.PageDrawer;
import org.apache.pdfbox.rendering.PageDrawerParameters;

/**
 * Draws pages, and looks before each of their operators whether to go on: a page of a few hundred bytes can repeat
 * itself for days.
 */
final class PageRenderer extends PDFRenderer {
    private final PageContents contents;
    private final Deadline deadline;
    private final Set<String> notes;

    /**
     * @param contents what the page may ask for
     * @param notes takes what a person should know
     */
    PageRenderer(PDDocument document, PageContents contents, Deadline deadline, Set<String> notes) {
        super(document);
        this.contents = contents;
        this.deadline = deadline;
        this.notes = notes;
        setSubsamplingAllowed(true);
    }

    @Override
    protected PageDrawer createPageDrawer(PageDrawerParameters parameters) throws IOException {
        return new Drawer(parameters);
    }

    private final class Drawer extends PageDrawer {
        Drawer(PageDrawerParameters parameters) throws IOException {
            super(parameters);
        }

        @Override
        protected void processOperator(Operator operator, List<COSBase> operands) throws IOException {
            deadline.check();
            if (operator.getImageData() != null && operator.getImageParameters() != null) {
                contents.inline(operator.getImageParameters(), operator.getImageData());
            }
            super.processOperator(operator, operands);
        }

        @Override
        protected void operatorException(Operator operator, List<COSBase> operands, IOException e) throws IOException {
            if (e instanceof MissingImageReaderException) {
                notes.add(contents.name() + " shows a picture of a kind that is not decoded (JPEG 2000 or JBIG2); it is"
                        + " left blank");
            }
            super.operatorException(operator, operands, e);
        }
    }
}
