/* Comfort, never function: the page goes blank the moment “leave” is pressed, and Shift three times presses it. */
addEventListener("submit",e=>{if(e.target.id=="away")document.documentElement.hidden=true});
let n=0,t=0;
addEventListener("keyup",e=>{n=e.key=="Shift"&&e.timeStamp-t<1500?n+1:+(e.key=="Shift");t=e.timeStamp;if(n>2)document.getElementById("leave")?.click()});
