/** The look of reports without a script: of a verification, and of predictions. */
import "../shared/theme.css";
import "./document.css";
